import type { ConcertApi } from '../concert/api.ts'
import type { Payment, PaymentApi } from '../payment/api.ts'
import { iso } from '../platform/http.ts'
import type { QueueApi } from '../queue/api.ts'
import type { Reservation, ReservationApi } from '../reservation/api.ts'
import type { Entry, WalletApi } from '../wallet/api.ts'

const pageSize = 100
const pagesMax = 1_000

/** What the other services keep about somebody, all of it, newest first; of a service that is not there, nothing. */
export async function exportOf({ concert, wallet, reservation, payment, queue }: { concert: ConcertApi; wallet?: WalletApi; reservation?: ReservationApi; payment?: PaymentApi; queue?: QueueApi }, userId: string) {
  const limit = pageSize
  const [{ balance }, entries, reservations, payments, { watches }, { staff }] = await Promise.all([
    wallet ? wallet.balance({ userId }) : { balance: null },
    allPages(wallet && (async (last: Entry | undefined) => (await wallet.entries({ userId, limit, ...(last && { before: last.id }) })).entries)),
    allPages(reservation && (async (last: Reservation | undefined) => (await reservation.list({ userId, limit, ...beforeOf(last) })).reservations)),
    allPages(payment && (async (last: Payment | undefined) => (await payment.list({ userId, limit, ...beforeOf(last) })).payments)),
    queue ? queue.watches({ userId }) : { watches: [] },
    concert.staffOf({ userId }),
  ])
  return { balance, entries, reservations, payments, watches, staff: staff.map(({ concertId, addedAt }) => ({ concertId, addedAt: iso(addedAt) })) }
}

type Made = { createdAt: number; id: string }
const beforeOf = (last: Made | undefined) => (last ? { before: { createdAt: last.createdAt, id: last.id } } : {})

async function allPages<T>(pageAfter: ((last: T | undefined) => Promise<T[]>) | undefined): Promise<T[]> {
  const all: T[] = []
  if (!pageAfter) return all
  for (let page = 0; page < pagesMax; page++) {
    const items = await pageAfter(all.at(-1))
    all.push(...items)
    if (items.length < pageSize) break
  }
  return all
}
