import assert from 'node:assert/strict'
import { LRUCache } from 'lru-cache'
import type { ConcertServiceApi, Show } from '../concert/api.ts'
import { isRefusal, refuse } from '../platform/outcome.ts'
import type { SeatApi } from '../seat/api.ts'
import type { Line } from './api.ts'

type HeldSeat = Awaited<ReturnType<SeatApi['reserve']>>['seats'][number]
export type PriceChoice = { seatId: number; priceType: string }[]
export type ShowOf = (showId: string, planVersion: number) => Promise<Show>

const showsMax = 1_000
const showAgeMaxMs = 2_000

/**
 * The show a price is taken from. Prices are fixed by the plan version, so a copy serves a rush for two seconds; a copy
 * of another version is read anew, and a version that is not the seats' refuses `show_closed`.
 */
export function createShows(concert: Pick<ConcertServiceApi, 'show'>, now: () => number): ShowOf {
  const shows = new LRUCache<string, { at: number; show: Promise<Show> }>({ max: showsMax })

  const read = (showId: string) => {
    const entry = { at: now(), show: concert.show({ showId }) }
    shows.set(showId, entry)
    entry.show.catch(() => shows.get(showId) === entry && shows.delete(showId)) // the asker gets the error
    return entry.show
  }

  return async (showId, planVersion) => {
    const kept = shows.get(showId)
    let show = await (kept && now() - kept.at < showAgeMaxMs ? kept.show : read(showId)).catch(closed)
    if (show.planVersion !== planVersion) show = await read(showId).catch(closed)
    return show.planVersion === planVersion && show.status === 'published' ? show : refuse('show_closed')
  }
}

const closed = (error: unknown): never => {
  if (isRefusal(error, 'show_unknown')) return refuse('show_closed')
  throw error
}

/** Lines with the server's prices; refuses `price_type_unknown` for a type or a seat that is not there. */
export function priceLines(show: Show, seats: HeldSeat[], choice: PriceChoice): Line[] {
  const types = new Map(choice.map(({ seatId, priceType }) => [seatId, priceType]))
  const strange = choice.find(({ seatId }) => !seats.some((seat) => seat.seatId === seatId))
  if (strange) refuse('price_type_unknown', strange)
  return seats
    .map((seat) => {
      const priceType = types.get(seat.seatId) ?? 'default'
      const { seatId, section, row, number, grade } = seat
      const price = priceOf(show, seat, priceType)
      return { seatId, section, row, number, grade, priceType, price, fee: show.bookingFee, status: 'active' as const }
    })
    .sort((a, b) => a.seatId - b.seatId)
}

function priceOf(show: Show, { seatId, grade }: HeldSeat, priceType: string): number {
  const ofGrade = show.prices.find((price) => price.grade === grade)
  assert(ofGrade, `show ${show.id} has no price for ${grade}`)
  if (priceType === 'default') return ofGrade.price
  const type = ofGrade.types?.find(({ name }) => name === priceType)
  return type ? type.price : refuse('price_type_unknown', { seatId, priceType })
}
