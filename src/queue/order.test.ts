import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { arrivalOrder, drawnOrder } from './order.ts'

const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()
const seedOf = (text: string) => hash(new TextEncoder().encode(text))

test('a draw gives every number of the roster a rank of its own and finds the number of each rank again', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 3_000 }), fc.uint8Array({ minLength: 32, maxLength: 32 }), (rosterCount, seed) => {
    const order = drawnOrder({ rosterCount, seed, hash })
    const ranks = Array.from({ length: rosterCount }, (_, index) => order.rankOf(index + 1))
    assert.deepEqual([...ranks].sort((a, b) => a - b), Array.from({ length: rosterCount }, (_, index) => index + 1))
    assert.deepEqual(ranks.map((rank) => order.numberOf(rank)), Array.from({ length: rosterCount }, (_, index) => index + 1))
  }), { numRuns: 50 })
})

test('who comes after the roster was sealed keeps the rank of the number', () => {
  const order = drawnOrder({ rosterCount: 10, seed: seedOf('x'), hash })
  assert.deepEqual([11, 12, 1_000_000].map(order.rankOf), [11, 12, 1_000_000])
  assert.deepEqual(order.numbersBetween(11, 13), [11, 12, 13])
  assert.deepEqual(arrivalOrder.numbersBetween(3, 5), [3, 4, 5])
  assert.deepEqual(arrivalOrder.numbersBetween(5, 4), [])
})

test('the same seed is the same order for ever: ranks of a published draw', () => {
  const order = drawnOrder({ rosterCount: 12, seed: seedOf('openrun'), hash })
  assert.deepEqual(order.numbersBetween(1, 12), [6, 4, 11, 12, 5, 3, 1, 7, 8, 2, 9, 10])
})

test('no number is favoured: ranks of one place over many draws fill all deciles alike', () => {
  for (const [rosterCount, number] of [[10, 1], [10, 10], [1_000, 1], [1_000, 500], [1_000, 1_000]] as const) {
    const draws = 2_000
    const deciles = new Array<number>(10).fill(0)
    for (let draw = 0; draw < draws; draw++) {
      const rank = drawnOrder({ rosterCount, seed: seedOf(`${rosterCount} ${draw}`), hash }).rankOf(number)
      const decile = Math.floor(((rank - 1) * 10) / rosterCount)
      deciles[decile] = (deciles[decile] ?? 0) + 1
    }
    const chiSquare = deciles.reduce((sum, count) => sum + (count - draws / 10) ** 2 / (draws / 10), 0)
    assert(chiSquare < 27.88, `chi-square ${chiSquare} of ${rosterCount}/${number}: p < 0.001`) // 9 degrees of freedom
  }
})

test('a million ranks take about ten thousand hashes', () => {
  let hashed = 0
  const order = drawnOrder({ rosterCount: 1_000_000, seed: randomBytes(32), hash: (bytes) => {
    hashed++
    return hash(bytes)
  } })
  order.rankOf(1)
  assert(hashed <= 60, `${hashed} hashes for one rank`)
  order.numbersBetween(1, 1_000_000)
  assert(hashed <= 10 * 1_024, `${hashed} hashes for all`)
})
