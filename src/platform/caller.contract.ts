import assert from 'node:assert/strict'
import { test } from 'node:test'
import sql from 'sql-template-tag'
import Type from 'typebox'
import { batched } from './batch.ts'
import { type Api, Exact, operation } from './contract.ts'
import { openEmbedded } from './embedded.ts'
import { type Answer, Refusal, UnknownOutcome } from './outcome.ts'

export const shopOperations = {
  buy: operation({ input: Exact({ id: Type.String(), seat: Type.Integer({ minimum: 1 }) }), output: Exact({ seat: Type.Integer(), times: Type.Integer() }), refusals: ['seat_taken'] }),
  look: operation({ input: Exact({}), output: Exact({ text: Type.String() }) }),
}
export type ShopApi = Api<typeof shopOperations>

/** A shop that remembers by id what it did, as every service does. `seat` 13 is taken, 14 a bug, 15 unknown. */
export function createShop() {
  const times = new Map<string, number>()
  const batches: number[] = []
  const buyMany = async (inputs: { id: string; seat: number }[]): Promise<Answer<{ seat: number; times: number }>[]> => {
    batches.push(inputs.length)
    return inputs.map(({ id, seat }) => {
      times.set(id, (times.get(id) ?? 0) + 1)
      if (seat === 13) return new Refusal('seat_taken', { taken: [13] })
      if (seat === 14) return new Refusal('not_declared')
      if (seat === 15) return new UnknownOutcome('the bank is silent')
      return { seat, times: times.get(id) ?? 0 }
    })
  }
  const api: ShopApi = { buy: batched(buyMany, { sizeMax: 5_000 }), look: async () => ({ text: '오픈런' }) }
  return { api, times, batches }
}

/** What callers of a service may rely on, wherever the service runs. */
export function callerContract(adapter: string, open: (api: ShopApi) => Promise<{ api: ShopApi; close: () => Promise<void> }>) {
  const withShop = (name: string, work: (api: ShopApi, shop: ReturnType<typeof createShop>) => Promise<void>) =>
    test(`${adapter}: ${name}`, async () => {
      const shop = createShop()
      const { api, close } = await open(shop.api)
      try {
        await work(api, shop)
      } finally {
        await close()
      }
    })

  withShop('an answer comes back as it was given', async (api) => {
    assert.deepEqual(await api.buy({ id: 'a', seat: 1 }), { seat: 1, times: 1 })
    assert.deepEqual(await api.look({}), { text: '오픈런' })
  })

  withShop('calls of one turn are decided together, each with its own answer', async (api, shop) => {
    const settled = await Promise.allSettled(Array.from({ length: 1_000 }, (_, i) => api.buy({ id: `b${i}`, seat: i % 2 === 0 ? 13 : i + 20 })))
    assert.equal(settled.filter(({ status }) => status === 'fulfilled').length, 500)
    assert.ok(shop.batches.length <= 8, `${shop.batches.length} batches for 1,000 calls`)
  })

  withShop('a refusal keeps its code and parameters', async (api) => {
    await assert.rejects(api.buy({ id: 'c', seat: 13 }), (error) => error instanceof Refusal && error.code === 'seat_taken' && assert.deepEqual(error.params, { taken: [13] }) === undefined)
  })

  withShop('bad input is refused alone, and nothing of it reaches the service', async (api, shop) => {
    const bad = { id: 'd', seat: 'one' } as unknown as { id: string; seat: number }
    const [refused, done] = await Promise.allSettled([api.buy(bad), api.buy({ id: 'e', seat: 2 })])
    assert.ok(refused?.status === 'rejected' && refused.reason instanceof Refusal && refused.reason.code === 'request_invalid')
    assert.equal(done?.status, 'fulfilled')
    assert.ok(!shop.times.has('d'))
  })

  withShop('a bug and what is unknown are never a refusal', async (api) => {
    for (const seat of [14, 15]) await assert.rejects(api.buy({ id: `f${seat}`, seat }), (error) => !(error instanceof Refusal))
    await assert.rejects(api.buy({ id: 'g', seat: 15 }), UnknownOutcome)
  })

  withShop('nobody calls a service inside an open transaction', async (api, shop) => {
    const db = await openEmbedded(null)
    try {
      await assert.rejects(db.transaction(async (tx) => {
        await tx.rows(sql`select 1`)
        await api.buy({ id: 'h', seat: 3 })
      }), /inside an open transaction/)
      assert.ok(!shop.times.has('h'))
    } finally {
      await db.close()
    }
  })
}
