import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { Refusal, UnknownOutcome } from '../platform/outcome.ts'
import type { QueueApi } from '../queue/api.ts'
import { createSlowLane } from './slow-lane.ts'

type Notes = Parameters<QueueApi['noteGate']>[0]['notes']
const now = Date.parse('2027-03-01T11:00:00Z')
const showId = randomUUID()

/** The other side of the call: counts what it is told, and answers as it is told to. */
function openLane() {
  const told: Notes = []
  const answers: (Error | undefined)[] = []
  const lane = createSlowLane({ now: () => now, queue: {
    noteGate: async ({ notes }) => {
      const answer = answers.shift()
      if (!(answer instanceof Refusal)) told.push(...notes)
      if (answer) throw answer
      return {}
    },
  } })
  const slow = (sender: string) => lane.slowed({ showId, userId: null, sender, by: 'address', perMinute: 60 })
  return { lane, told, answers, slow, countOf: (sender: string | null) => told.filter((note) => note.sender === sender).reduce((sum, { count }) => sum + count, 0) }
}

test('what was told and not answered is not told again; what was refused is', async () => {
  const { lane, answers, slow, countOf } = openLane()
  answers.push(new UnknownOutcome('lost'), new Refusal('overloaded'))
  for (const sender of ['lost', 'refused']) {
    slow(sender)
    slow(sender)
    await assert.rejects(lane.job.run())
  }
  await lane.job.run()
  assert.deepEqual([countOf('lost'), countOf('refused')], [2, 2])
})

test('a flood from more subjects than are kept is all counted: each kept one, and the rest by its rule', async () => {
  const { lane, told, slow, countOf } = openLane()
  for (let i = 0; i < 2_500; i++) slow(`192.0.${i >> 8}.${i & 255}`)
  await lane.job.run()
  assert.equal(told.reduce((sum, { count }) => sum + count, 0), 2_500)
  assert.equal(countOf(null), 500)
})

test('a flood for shows that are made up costs no more than its bound, also while nobody takes what was counted', async () => {
  const { lane, told, answers } = openLane()
  for (let second = 0; second < 5; second++) {
    for (let i = 0; i < 3_000; i++) lane.slowed({ showId: randomUUID(), userId: null, sender: `192.0.2.${i}`, by: 'address', perMinute: 60 })
    answers.push(new Refusal('overloaded'))
    await assert.rejects(lane.job.run())
  }
  await lane.job.run()
  assert.equal(told.length, 4_000)
})
