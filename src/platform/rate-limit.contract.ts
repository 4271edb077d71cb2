import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Budget, RateLimit } from './rate-limit.ts'

/** What every adapter of the port promises. `open` gives one with empty buckets; one key is never used by two tests. */
export function rateLimitContract(adapter: string, open: (budgets: Record<string, Budget>) => RateLimit | Promise<RateLimit>) {
  const startedAt = Date.parse('2027-03-01T11:00:00Z')
  const opened = () => open({ few: { perSecond: 2, burst: 3 }, many: { perSecond: 100, burst: 50 } })
  const times = async (count: number, take: () => number | Promise<number>) => {
    const waits: number[] = []
    for (let i = 0; i < count; i++) waits.push(await take())
    return waits
  }

  test(`${adapter}: a burst passes, what is beyond it waits until there is one again`, async () => {
    const limit = await opened()
    assert.deepEqual(await times(5, () => limit.take('few', 'burst', startedAt)), [0, 0, 0, 500, 500])
  })

  test(`${adapter}: who waits as long as was said passes once, and refused tries cost nothing`, async () => {
    const limit = await opened()
    await times(20, () => limit.take('few', 'recovery', startedAt))
    assert.equal(await limit.take('few', 'recovery', startedAt + 499), 1)
    assert.deepEqual(await times(2, () => limit.take('few', 'recovery', startedAt + 500)), [0, 500])
  })

  test(`${adapter}: a long rest fills the bucket and no more`, async () => {
    const limit = await opened()
    await times(3, () => limit.take('few', 'rest', startedAt))
    assert.deepEqual(await times(4, () => limit.take('few', 'rest', startedAt + 3_600_000)), [0, 0, 0, 500])
  })

  test(`${adapter}: keys do not pay for each other, nor does a key's other budget`, async () => {
    const limit = await opened()
    await times(4, () => limit.take('few', 'spender', startedAt))
    assert.equal(await limit.take('few', 'neighbour', startedAt), 0)
    assert.equal(await limit.take('many', 'spender', startedAt), 0)
  })

  test(`${adapter}: all at once, as many pass as one after the other`, async () => {
    const limit = await opened()
    const waits = await Promise.all(Array.from({ length: 200 }, async () => limit.take('many', 'crowd', startedAt)))
    assert.equal(waits.filter((wait) => wait === 0).length, 50)
  })

  test(`${adapter}: a rate that is no whole number of milliseconds is kept over many takes`, async () => {
    const limit = await open({ odd: { perSecond: 700, burst: 10 } })
    let passed = 0
    for (let ms = 0; ms < 1_000; ms++) if ((await limit.take('odd', 'fractions', startedAt + ms)) === 0) passed++
    assert.equal(passed, 10 + Math.floor(0.999 * 700))
  })

  test(`${adapter}: a budget nobody declared is a bug`, async () => {
    const limit = await opened()
    assert.throws(() => limit.take('none', 'a', startedAt), /no budget none/)
  })

  test(`${adapter}: a clock that steps back gives nothing away`, async () => {
    const limit = await opened()
    await times(3, () => limit.take('few', 'clock', startedAt))
    assert.ok((await limit.take('few', 'clock', startedAt - 5_000)) >= 500)
    assert.equal(await limit.take('few', 'clock', startedAt + 500), 0)
  })
}

/** What only an adapter promises whose buckets are shared: `open` gives one more process on the same buckets. */
export function sharedRateLimitContract(adapter: string, open: (budgets: Record<string, Budget>) => Promise<() => Promise<RateLimit>>) {
  const startedAt = Date.parse('2027-03-01T11:00:00Z')

  test(`${adapter}: what passes in one process is gone in the other`, async () => {
    const another = await open({ few: { perSecond: 2, burst: 3 } })
    const [one, two] = [await another(), await another()]
    const takes = [one, two, one, two, one]
    const waits: number[] = []
    for (const limit of takes) waits.push(await limit.take('few', 'fan', startedAt))
    assert.deepEqual(waits, [0, 0, 0, 500, 500])
  })

  test(`${adapter}: a rush at two processes at once passes as often as at one`, async () => {
    const another = await open({ many: { perSecond: 100, burst: 50 } })
    const both = [await another(), await another()]
    const waits = await Promise.all(Array.from({ length: 200 }, (_, i) => (both[i % 2] as RateLimit).take('many', 'crowd', startedAt)))
    assert.equal(waits.filter((wait) => wait === 0).length, 50)
  })

  test(`${adapter}: clocks that differ make the one behind wait by as much, and no more`, async () => {
    const another = await open({ few: { perSecond: 2, burst: 3 } })
    const [ahead, right] = [await another(), await another()]
    for (let i = 0; i < 3; i++) await ahead.take('few', 'fan', startedAt + 400)
    assert.equal(await right.take('few', 'fan', startedAt), 900)
    assert.equal(await right.take('few', 'fan', startedAt + 900), 0)
  })
}
