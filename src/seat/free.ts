import type { Tx } from '../platform/database.ts'
import { type Envelope, emit } from '../platform/events.ts'
import type { SeatEnv } from './env.ts'
import { applyAfterCommit, statusCode } from './picture.ts'
import * as store from './store-pins.ts'
import { bumpShows, takeEventVersions } from './store-versions.ts'

type Cancelled = { reservationId: string; showId: string; seatIds: number[] }
type Freed = store.SeatKey & { status: number }

/**
 * On `reservation.cancelled`: frees the seats that are sold to that reservation, and no other; a repeat finds none.
 * The buyer's quota falls by as many. Lock order: pins, seats, quotas, shows.
 */
export async function freeCancelled(env: SeatEnv, tx: Tx, events: Envelope[]): Promise<void> {
  const cancelled = events.map((event) => event.data as Cancelled)
  const wanted = cancelled.flatMap(({ showId, seatIds, reservationId }) =>
    seatIds.map((seatId) => ({ showId, seatId, reservationId })))
  const pins = await store.lockSoldPins(tx, cancelled.map((event) => event.reservationId))
  const pinOf = new Map(pins.map((pin) => [pin.reservationId, pin]))
  const owner = new Map((await store.lockSeats(tx, wanted)).map((seat) => [keyOf(seat), seat]))
  const sold = wanted.flatMap((seat) => {
    const row = owner.get(keyOf(seat))
    const pin = pinOf.get(seat.reservationId)
    const isTheirs = row?.status === statusCode.sold && row.reservationId === seat.reservationId
    return isTheirs && pin ? [{ ...seat, userId: pin.userId, paymentId: pin.paymentId }] : []
  })
  if (sold.length === 0) return
  const freed = await store.freeSold(tx, sold)
  await store.storeFreed(tx, grouped(sold, (seat) => seat.paymentId).map((seats) => {
    return { paymentId: seats[0].paymentId, seatIds: seats.map((seat) => seat.seatId) }
  }))
  await store.lowerQuotas(tx, grouped(sold, (seat) => `${seat.showId} ${seat.userId}`).map((seats) => {
    return { showId: seats[0].showId, userId: seats[0].userId, seats: seats.length }
  }))
  const versions = await bumpShows(tx, [...new Set(sold.map((seat) => seat.showId))])
  applyAfterCommit(tx, env.pictures, versions, freed)
  await tellReturned(tx, env.now(), freed)
}

/** Tells the waitlist of seats that came back while somebody watches. The shows' rows are locked already. */
export async function tellReturned(tx: Tx, now: number, freed: Freed[]): Promise<void> {
  const returned = grouped(freed.filter((seat) => seat.status === statusCode.returned), (seat) => seat.showId)
  if (returned.length === 0) return
  const versions = await takeEventVersions(tx, returned.map((seats) => seats[0].showId))
  const versionOf = new Map(versions.map((row) => [row.showId, row.eventVersion]))
  await emit(tx, 'seat', returned.map((seats) => {
    const { showId } = seats[0]
    const seatIds = seats.map((seat) => seat.seatId).sort((a, b) => a - b)
    return { name: 'seat.returned', key: showId, version: versionOf.get(showId) ?? 0, occurredAt: now, data: { showId, seatIds } }
  }))
}

const keyOf = ({ showId, seatId }: store.SeatKey) => `${showId} ${seatId}`
/** Never empty groups, in order of their first item. */
export const grouped = <T>(items: T[], key: (item: T) => unknown) => [...Map.groupBy(items, key).values()] as [T, ...T[]][]
