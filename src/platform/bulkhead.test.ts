import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBulkhead } from './bulkhead.ts'
import { isRefusal } from './outcome.ts'

/** Work that ends when it is told to. */
function openEnds() {
  const ends: ((error?: Error) => void)[] = []
  const begun: number[] = []
  const work = (name: number) => () => {
    begun.push(name)
    return new Promise<number>((resolve, reject) => ends.push((error) => (error ? reject(error) : resolve(name))))
  }
  return { ends, begun, work }
}
const turn = () => new Promise((resolve) => setImmediate(resolve))

test('no more run at once than there is room for; the rest wait in order, and beyond that nobody waits', async () => {
  const { ends, begun, work } = openEnds()
  const bulkhead = createBulkhead({ concurrencyMax: 2, waitingMax: 2 })
  const all = [1, 2, 3, 4].map((name) => bulkhead.run(work(name)))
  await assert.rejects(bulkhead.run(work(5)), (error) => isRefusal(error, 'overloaded'))
  assert.deepEqual([begun, bulkhead.counts()], [[1, 2], { running: 2, waiting: 2 }])
  ends[1]?.()
  await turn()
  assert.deepEqual([begun, bulkhead.counts()], [[1, 2, 3], { running: 2, waiting: 1 }])
  ends[0]?.()
  await turn()
  for (const end of ends) end()
  assert.deepEqual(await Promise.all(all), [1, 2, 3, 4])
  assert.deepEqual(bulkhead.counts(), { running: 0, waiting: 0 })
})

test('work that fails gives its room back', async () => {
  const bulkhead = createBulkhead({ concurrencyMax: 1, waitingMax: 5 })
  const failing = () => Promise.reject(new Error('planted'))
  for (let i = 0; i < 3; i++) await assert.rejects(bulkhead.run(failing), /planted/)
  assert.equal(await bulkhead.run(async () => 'goes on'), 'goes on')
})
