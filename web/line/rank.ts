import { sha256 } from '@noble/hashes/sha2.js'
import { drawnOrder, type Order } from '../../src/queue/order.ts'

const orders = new Map<string, Order>()

/** The rank of a number by the revealed draw of a line, with the server's own lines. */
export function rankIn([rosterCount, seed]: [rosterCount: number, seed: string], number: number): number {
  const order = orders.get(seed) ?? drawnOrder({ rosterCount, seed: bytesOf(seed), hash: sha256 })
  orders.set(seed, order)
  return order.rankOf(number)
}

const bytesOf = (base64url: string) => Uint8Array.from(atob(base64url.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0))
