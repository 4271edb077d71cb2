import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSilences, mayHaveMoved, silenceMsMin } from './outages.ts'

const at = Date.parse('2027-03-01T11:00:00Z')
const minute = 60_000
const moved = (crowd: ReturnType<typeof createSilences>, from: number, to: number) => mayHaveMoved({ client: crowd }, { from, to })

test('a deadline that moves without an outage is a surprise, later or nearer', () => {
  const crowd = createSilences()
  for (let ms = 0; ms < 30_000; ms += 500) crowd.answered(at + ms)
  crowd.unanswered() // one answer was lost, and the next came at once
  crowd.answered(at + 30_100)
  assert.deepEqual(crowd.silences, [])
  assert.equal(moved(crowd, at + 20_000, at + 20_000), true)
  for (const to of [at + 19_999, at + 20_001, at + 90_000]) assert.equal(moved(crowd, at + 20_000, to), false)
})

test('after an outage that the crowd saw a deadline may be a minute from a moment in it, and nothing else', () => {
  const crowd = createSilences()
  crowd.answered(at)
  crowd.unanswered()
  crowd.unanswered()
  crowd.answered(at + 4_000)
  assert.deepEqual(crowd.silences, [{ from: at, to: at + 4_000 }])
  assert.equal(moved(crowd, at + 20_000, at + 3_900 + minute), true)
  assert.equal(moved(crowd, at + 20_000, at + 20_500), false, 'later, by something else')
  assert.equal(moved(crowd, at + 20_000, at + 10_000 + minute), false, 'a minute from a time when it served')
  assert.equal(moved(crowd, at + 70_000, at + 3_900 + minute), false, 'nearer')
})

test('a pause in which nobody asked is no outage, nor is one too short to be', () => {
  const crowd = createSilences()
  crowd.answered(at)
  crowd.answered(at + 10_000)
  crowd.unanswered()
  crowd.answered(at + 10_000 + silenceMsMin - 1)
  assert.deepEqual(crowd.silences, [])
})
