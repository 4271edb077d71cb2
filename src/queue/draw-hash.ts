import { createHmac, hash as digest } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { accountHash, leafOf, orderFrom } from './draw-rules.ts'
import type { Line } from './line.ts'
import { arrivalOrder, type Hash, type Order } from './order.ts'

export const hash: Hash = (bytes) => digest('sha256', bytes, 'buffer')

const ordersMax = 200
const orders = new LRUCache<string, Order>({ max: ordersMax })

/** The order of a line: drawn if it was drawn, else by arrival. Its tables are kept, a million ranks need 40 kB of them. */
export function orderOf({ seed, rosterCount }: Pick<Line, 'seed' | 'rosterCount'>): Order {
  if (seed === null) return arrivalOrder
  const key = `${seed} ${rosterCount}`
  const order = orders.get(key) ?? orderFrom(hash, seed, rosterCount)
  orders.set(key, order)
  return order
}

/** A name of that order which no other order of this line has: copies of the line are kept under it. */
export const orderKeyOf = ({ seed }: Pick<Line, 'seed'>): string => seed ?? 'arrival'

/** What opens an account's own hash and nobody else's. */
export const nonceOf = (salt: string, userId: string) => createHmac('sha256', Buffer.from(salt, 'hex')).update(userId).digest()
export const accountOf = (salt: string, userId: string) => accountHash(hash, nonceOf(salt, userId), userId)
export const leavesOf = (salt: string, places: { number: number; userId: string }[]) =>
  places.map(({ number, userId }) => leafOf(hash, number, accountOf(salt, userId)))
