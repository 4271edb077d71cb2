import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSilences, mayHaveMoved, silenceMsMin } from './outages.ts'

const at = Date.parse('2027-03-01T11:00:00Z')
const minute = 60_000
type Silences = ReturnType<typeof createSilences>
const answered = (crowd: Silences, to: number, from = to) => {
  crowd.asked(from)
  crowd.answered(to)
}
const unanswered = (crowd: Silences, from: number) => {
  crowd.asked(from)
  crowd.unanswered()
}
const moved = (crowd: Silences, from: number, to: number) => mayHaveMoved({ client: crowd }, { from, to })

test('a deadline that moves without an outage is a surprise, later or nearer', () => {
  const crowd = createSilences()
  for (let ms = 0; ms < 30_000; ms += 500) answered(crowd, at + ms)
  unanswered(crowd, at + 30_000) // one answer was lost, and the next came at once
  answered(crowd, at + 30_100)
  assert.deepEqual(crowd.silences, [])
  assert.equal(moved(crowd, at + 20_000, at + 20_000), true)
  for (const to of [at + 19_999, at + 20_001, at + 90_000]) assert.equal(moved(crowd, at + 20_000, to), false)
})

test('after an outage that the crowd saw a deadline may be a minute from a moment in it, and nothing else', () => {
  const crowd = createSilences()
  answered(crowd, at)
  unanswered(crowd, at + 100)
  unanswered(crowd, at + 200)
  answered(crowd, at + 4_000)
  assert.deepEqual(crowd.silences, [{ from: at, to: at + 4_000 }])
  assert.equal(moved(crowd, at + 20_000, at + 3_900 + minute), true)
  assert.equal(moved(crowd, at + 20_000, at + 20_500), false, 'later, by something else')
  assert.equal(moved(crowd, at + 20_000, at + 10_000 + minute), false, 'a minute from a time when it served')
  assert.equal(moved(crowd, at + 70_000, at + 3_900 + minute), false, 'nearer')
})

test('an outage in which nothing failed and every answer was late is one, from when somebody waited', () => {
  const crowd = createSilences()
  answered(crowd, at)
  crowd.asked(at + 5_000)
  answered(crowd, at + 8_000, at + 7_990)
  crowd.answered(at + 8_001)
  assert.deepEqual(crowd.silences, [{ from: at + 5_000, to: at + 8_000 }])
  answered(crowd, at + 20_000, at + 15_000)
  assert.equal(crowd.silences.length, 1, 'who waits alone may wait for something slow')
  // one slow answer beside others is no silence
  crowd.asked(at + 29_000)
  for (let ms = 29_000; ms < 34_000; ms += 500) answered(crowd, at + ms)
  crowd.answered(at + 34_000)
  assert.equal(crowd.silences.length, 1)
})

test('a pause in which nobody asked is no outage, nor is one too short to be', () => {
  const crowd = createSilences()
  answered(crowd, at)
  answered(crowd, at + 10_000)
  unanswered(crowd, at + 10_000)
  answered(crowd, at + 10_000 + silenceMsMin - 1)
  assert.deepEqual(crowd.silences, [])
})
