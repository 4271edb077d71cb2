import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hash } from '../src/queue/draw-hash.ts'
import { orderFrom } from '../src/queue/draw-rules.ts'
import { applyChanges } from '../web/hall/states.ts'
import { rankIn } from '../web/line/rank.ts'

test('a browser computes the rank that the server drew, from what the frame reveals', () => {
  const seed = 'f3'.repeat(32)
  const order = orderFrom(hash, seed, 1_000)
  const draw: [number, string] = [1_000, Buffer.from(seed, 'hex').toString('base64url')]
  for (const number of [1, 2, 500, 1_000, 1_001]) assert.equal(rankIn(draw, number), order.rankOf(number), `number ${number}`)
})

test('changes of a seat map are laid over the states before, and only seats that are another are told', () => {
  const before = Uint8Array.of(0, 0, 1, 2, 0)
  const { states, changes } = applyChanges(before, { free: [3], held: [1], sold: [4], blocked: [5] })
  assert.deepEqual([[...states], changes, [...before]], [[1, 0, 0, 2, 3], [0, 2, 4], [0, 0, 1, 2, 0]])
})
