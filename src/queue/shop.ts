import type { Static } from 'typebox'
import type { ConcertApi } from '../concert/api.ts'
import { writeAudit } from '../platform/audit.ts'
import { batched } from '../platform/batch.ts'
import type { Api } from '../platform/contract.ts'
import type { Database } from '../platform/database.ts'
import { emit } from '../platform/events.ts'
import { requestHash } from '../platform/identity.ts'
import { type Answer, Refusal, refuse } from '../platform/outcome.ts'
import type { EventHandler } from '../platform/service.ts'
import type { SeatApi } from '../seat/api.ts'
import { type Shop, shopLimits, type shopOperations } from './shop-api.ts'
import { notePurchases } from './store-passes.ts'
import * as store from './store-shops.ts'

type ShopEnv = { db: Database; now: () => number }
type Inputs = { [Name in keyof typeof shopOperations]: Static<(typeof shopOperations)[Name]['input']> }
type EndPass = Parameters<SeatApi['endPass']>[0]
/** What the queue asks of whoever sells the seats. */
export type SoldBy = Pick<SeatApi, 'endPass' | 'quota' | 'clocks' | 'stock'>

const keyOf = ({ showId, userId }: { showId: string; userId: string }) => `${showId} ${userId}`

/**
 * In the place of seat where another shop sells: the end of a pass is a floor the shop asks for, and what a user has of
 * the quota is what the shop told. Answers like seat, so that the line does not know who sells.
 */
export function createSoldByShop({ db, concert }: { db: Database; concert: Pick<ConcertApi, 'show'> }): SoldBy {
  return {
    endPass: batched((inputs: EndPass[]) => endPasses(db, inputs), { lane: ({ showId }) => showId }),
    // holds of another shop have clocks of their own
    clocks: async () => ({ holds: 0 }),
    // a shop does not tell what is left: frames leave it out
    stock: async () => ({ stocks: [] }),
    quota: async ({ showId, userId }) => {
      const { ticketsPerUserMax: seatsMax, status } = await concert.show({ showId })
      if (status === 'draft' || status === 'deleted') return refuse('show_unknown')
      const [bought] = await store.boughtOf(db, [{ showId, userId }])
      const seats = bought?.seats ?? 0
      return { seats, sold: bought?.done ? Math.max(seats, seatsMax) : seats, seatsMax }
    },
  }
}

/** All of one show. With `unlessUsed` only of who bought nothing. */
async function endPasses(db: Database, inputs: EndPass[]): Promise<Answer<{ used: boolean }>[]> {
  const { showId = '' } = inputs[0] ?? {}
  return db.transaction(async (tx) => {
    const { lastSeq } = await store.lockShopShow(tx, showId)
    const careful = inputs.filter(({ unlessUsed }) => unlessUsed)
    const buyers = new Set((careful.length > 0 ? await store.boughtOf(tx, careful) : []).filter(({ seats }) => seats > 0).map(keyOf))
    const isUsed = (input: EndPass) => input.unlessUsed === true && buyers.has(keyOf(input))
    const floors = new Map<string, number>()
    for (const input of inputs) if (!isUsed(input)) floors.set(input.userId, Math.max(floors.get(input.userId) ?? 0, input.passNo + 1))
    if (floors.size > 0) await store.raiseFloors(tx, showId, lastSeq, [...floors].map(([userId, floor]) => ({ userId, floor })))
    return inputs.map((input) => ({ used: isUsed(input) }))
  })
}

/** What shops ask and tell. */
export function createShops(env: ShopEnv): Api<typeof shopOperations> {
  return {
    makeShop: (input) => makeShop(env, input),
    shops: async ({ organiserId }) => ({ shops: await store.shopsOf(env.db, organiserId, shopLimits.shopsMax) }),
    endShop: (input) => endShop(env, input),
    shopOf: batched((inputs) => shopsByKey(env, inputs)),
    floors: async ({ showId, after }) => {
      const rows = await store.floorsAfter(env.db, showId, after, shopLimits.floorsMax)
      const floors = rows.map(({ userId, floor }) => ({ userId, floor }))
      return { floors, last: rows.at(-1)?.seq ?? after, more: rows.length === shopLimits.floorsMax }
    },
    floorOf: batched(async (inputs) => {
      const floors = new Map((await store.floorsOf(env.db, inputs)).map((row) => [keyOf(row), row.floor]))
      return inputs.map((input) => ({ floor: floors.get(keyOf(input)) ?? 0 }))
    }),
    purchase: (input) => purchase(env, input),
  }
}

async function makeShop({ db, now }: ShopEnv, { by, ...shop }: Inputs['makeShop']): Promise<Shop> {
  return db.transaction(async (tx) => {
    const [made] = await store.insertShop(tx, shop, shopLimits.shopsMax, now())
    if (made) {
      const after = { name: shop.name, organiserId: shop.organiserId }
      await writeAudit(tx, 'queue', [{ actor: by, action: 'shop.make', target: shop.shopId, after }], now())
      return made
    }
    const known = await store.shopById(tx, shop.shopId)
    if (!known) return refuse('shops_too_many')
    const { keyHash, ...before } = known
    return keyHash === shop.keyHash ? before : refuse('idempotency_conflict')
  })
}

async function endShop({ db, now }: ShopEnv, { by, shopId, organiserId }: Inputs['endShop']): Promise<object> {
  return db.transaction(async (tx) => {
    const ended = await store.endShop(tx, shopId, organiserId, now())
    if (ended.length > 0) {
      await writeAudit(tx, 'queue', [{ actor: by, action: 'shop.end', target: shopId }], now())
      return {}
    }
    const known = await store.shopById(tx, shopId)
    return known && (organiserId === undefined || known.organiserId === organiserId) ? {} : refuse('shop_unknown')
  })
}

async function shopsByKey({ db }: ShopEnv, inputs: Inputs['shopOf'][]): Promise<Answer<Shop>[]> {
  const rows = await store.liveShopsByKey(db, [...new Set(inputs.map(({ keyHash }) => keyHash))])
  const shops = new Map(rows.map(({ keyHash, ...shop }) => [keyHash, shop]))
  return inputs.map(({ keyHash }) => shops.get(keyHash) ?? new Refusal('shop_key_invalid'))
}

/** The purchase and the note that makes the line look at its place commit together. Only who was let in can have bought. */
async function purchase({ db, now }: ShopEnv, input: Inputs['purchase']) {
  const { purchaseId, ...meant } = input
  return db.transaction(async (tx) => {
    if (!(await store.passGiven(tx, input.showId, input.userId))) return refuse('place_unknown')
    const hash = requestHash(meant)
    const stored = await store.insertPurchase(tx, { purchaseId, ...meant, hash }, now())
    if (stored.hash !== hash) return refuse('idempotency_conflict')
    if (stored.fresh) await notePurchases(tx, [{ showId: input.showId, userId: input.userId }])
    const [bought] = await store.boughtOf(tx, [input])
    return { seats: bought?.seats ?? 0, done: bought?.done ?? false }
  })
}

/** Whether a show may be deleted or unpublished is answered by who knows of its buyers: here, what the shop told. */
export const shopHandlers: Record<string, EventHandler> = {
  'show.closing': async (tx, events) => {
    for (const { data, key: showId, occurredAt } of events.toSorted((a, b) => (a.key < b.key ? -1 : 1))) {
      const version = (await store.lockShopShow(tx, showId)).eventVersion + 1
      const name = (await store.hasBuyers(tx, showId)) ? 'queue.occupied' : 'queue.emptied'
      await store.countEvent(tx, showId, version)
      await emit(tx, 'queue', [{ name, key: showId, version, occurredAt, data: { showId, purpose: data.purpose } }])
    }
  },
}
