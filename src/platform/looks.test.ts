import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLooks } from './looks.ts'

function opened({ share = 0 } = {}) {
  const clock = { now: 0, spent: 0 }
  const ends: { resolve: (value: number) => void; reject: (error: Error) => void }[] = []
  const look = createLooks<number>({ read: () => new Promise((resolve, reject) => ends.push({ resolve, reject })), now: () => clock.now, timeMs: () => clock.spent, freshMs: 1_000, max: 10, share })
  return { clock, ends, look }
}

test('all who ask while a look is under way or fresh share it; then it is read again, each key by itself', async () => {
  const { clock, ends, look } = opened()
  const first = [look('a'), look('a')]
  clock.now = 60_000
  first.push(look('a'))
  assert.equal(ends.length, 1, 'still under way, however long it takes')
  ends[0]?.resolve(1)
  assert.deepEqual(await Promise.all(first), [1, 1, 1])
  void look('b')
  assert.equal(ends.length, 2)
  clock.now = 60_999
  void look('b')
  assert.equal(ends.length, 2)
  const again = look('a')
  assert.equal(ends.length, 3, 'its second began when it was asked for, not when it came')
  ends[2]?.resolve(2)
  assert.equal(await again, 2)
})

test('a look that took long stays fresh for so many times as long', async () => {
  const { clock, ends, look } = opened({ share: 20 })
  const first = look('a')
  clock.spent = 200
  ends[0]?.resolve(1)
  await first
  clock.now = 3_999
  assert.equal(await look('a'), 1)
  clock.now = 4_000
  void look('a')
  assert.equal(ends.length, 2)
})

test('a look that failed is not kept', async () => {
  const { ends, look } = opened()
  const first = look('a')
  ends[0]?.reject(new Error('away'))
  await assert.rejects(first, /away/)
  void look('a')
  assert.equal(ends.length, 2)
})
