import type { Static } from 'typebox'
import type { ConcertServiceApi, Show } from '../concert/api.ts'
import type { Database } from '../platform/database.ts'
import { reservationLimits, type reservationOperations } from './api.ts'
import { addMoment, type ByMinute, seriesOf } from './series.ts'
import { firstRefund, type LiveLines, linesOfCancellations, liveLines, newestRefunds, oldestRefunds, type RefundedLine, type RefundedLines, refundedLines, type RefundPlace, type RefundRow, soldLines } from './store-sales.ts'

type Output<Name extends keyof typeof reservationOperations> = Static<(typeof reservationOperations)[Name]['output']>
type Figures = Output<'figures'>
type Price = Figures['prices'][number]
type Reason = Figures['reasons'][number]
type Sums = { prices: Map<string, Price>; reasons: Map<string, Reason>; byMinute: ByMinute; buyers: Set<string>; purchases: Set<string> }

/**
 * What a show sold, in pages, so that no statement keeps the database from buyers for long. It is counted anew each time: the
 * rows are the truth, and nothing in a purchase writes for this.
 */
export async function figures(db: Database, concert: Pick<ConcertServiceApi, 'show'>, showId: string, now: number): Promise<Figures> {
  const show = await concert.show({ showId })
  const sums: Sums = { prices: new Map(), reasons: new Map(), byMinute: new Map(), buyers: new Set(), purchases: new Set() }
  await eachPage((last: LiveLines | undefined) => liveLines(db, showId, last?.id, reservationLimits.figuresPageMax), (line) => addLive(sums, line))
  await eachPage((last: RefundedLines | undefined) => refundedLines(db, showId, last ?? firstRefund, reservationLimits.figuresPageMax), (line) => addRefunded(sums, line))
  const since = presentOpening(show, now)
  const series = seriesOf(sums.byMinute, { from: since, timeZone: show.timeZone })
  return {
    prices: [...sums.prices.values()], buyers: sums.buyers.size, purchases: sums.purchases.size,
    reasons: topReasons([...sums.reasons.values()]), since, ...series,
  }
}

async function eachPage<Row>(pageAfter: (last: Row | undefined) => Promise<Row[]>, add: (row: Row) => void) {
  let last: Row | undefined
  for (;;) {
    const rows = await pageAfter(last)
    for (const row of rows) add(row)
    last = rows.at(-1)
    if (!last) return
  }
}

/** The latest window that has opened, or the first one to come: the hours people want to see minute by minute. */
function presentOpening({ windows }: Pick<Show, 'windows'>, now: number): number {
  const opened = windows.map((window) => window.opensAt).filter((opensAt) => opensAt <= now)
  return opened.length > 0 ? Math.max(...opened) : Math.min(now, ...windows.map((window) => window.opensAt))
}

function addLive(sums: Sums, { id, userId, confirmedAt, grade, priceType, seats, price, fee }: LiveLines) {
  const sum = priceOf(sums, grade, priceType)
  if (confirmedAt === null) {
    sum.reserved += seats
    return
  }
  sums.buyers.add(userId)
  sums.purchases.add(id)
  addSold(sums, sum, confirmedAt, { seats, price, fee })
  sum.sold += seats
}

function addRefunded(sums: Sums, { reservationId, at, by, reason, confirmedAt, grade, priceType, seats, price, fee }: RefundedLines) {
  const sum = priceOf(sums, grade, priceType)
  sums.purchases.add(reservationId)
  addSold(sums, sum, confirmedAt, { seats, price, fee })
  sum.refunded += seats
  sum.refunds += price + fee
  addMoment(sums.byMinute, at, { refundedSeats: seats, refundedWon: price + fee })
  const kind = kindOf({ by, reason })
  const told = kind === 'organiser' ? reason : null
  const key = `${kind} ${told}`
  const known = sums.reasons.get(key) ?? { kind, reason: told, seats: 0, won: 0 }
  sums.reasons.set(key, known)
  known.seats += seats
  known.won += price + fee
}

/** A refunded seat was sold before: gross and fees count it, refunds take it back. */
function addSold(sums: Sums, sum: Price, confirmedAt: number, { seats, price, fee }: { seats: number; price: number; fee: number }) {
  sum.gross += price
  sum.fees += fee
  addMoment(sums.byMinute, confirmedAt, { seats, won: price + fee })
}

function priceOf({ prices }: Sums, grade: string, priceType: string): Price {
  const key = JSON.stringify([grade, priceType])
  const sum = prices.get(key) ?? { grade, priceType, reserved: 0, sold: 0, refunded: 0, gross: 0, fees: 0, refunds: 0 }
  prices.set(key, sum)
  return sum
}

export function kindOf({ by, reason }: { by: string | null; reason: string }): Reason['kind'] {
  if (by !== null) return 'organiser'
  return reason === 'show_cancelled' ? 'show_cancelled' : 'buyer'
}

/** Organisers write what they want: the most frequent reasons by their words, the rest as one. */
function topReasons(reasons: Reason[]): Reason[] {
  const sorted = reasons.sort((a, b) => b.seats - a.seats)
  const [top, rest] = [sorted.slice(0, reservationLimits.reasonsMax), sorted.slice(reservationLimits.reasonsMax)]
  if (rest.length === 0) return top
  const sum = (of: 'seats' | 'won') => rest.reduce((total, reason) => total + reason[of], 0)
  return [...top, { kind: 'organiser', reason: null, seats: sum('seats'), won: sum('won') }]
}

/** Refunds with their seats, newest first before one of them, or oldest first after one. */
export async function refunds(db: Database, { showId, before, after, limit }: { showId: string; before?: RefundPlace; after?: RefundPlace; limit: number }): Promise<Output<'refunds'>> {
  const rows = after ? await oldestRefunds(db, showId, after, limit) : await newestRefunds(db, showId, before, limit)
  const lines = Map.groupBy(await linesOfCancellations(db, rows.map((row) => row.id)), (line) => line.cancellationId)
  return { refunds: rows.map((row) => toRefund(row, lines.get(row.id) ?? [])) }
}

function toRefund({ id, at, reservationId, number, refund, by, reason }: RefundRow, lines: RefundedLine[]) {
  const told = lines.map(({ number: _, cancellationId: __, ...line }) => line)
  return { cancellationId: id, at, reservationId, number, refund, kind: kindOf({ by, reason }), reason, by, lines: told }
}

export const sold = async (db: Database, { showId, afterSeat, limit }: { showId: string; afterSeat: number; limit: number }): Promise<Output<'sold'>> =>
  ({ lines: await soldLines(db, showId, afterSeat, limit) })
