import Type, { type Static } from 'typebox'
import type { ConcertApi, Show } from '../concert/api.ts'
import { Count, Exact, Id, Won } from '../platform/contract.ts'
import { type App, cutPage, IdParams, IsoInstant, iso, isoOrNull, Nullable, organisers, Page, placeOf, principalOf } from '../platform/http.ts'
import { createLooks } from '../platform/looks.ts'
import { isRefusal } from '../platform/outcome.ts'
import type { Principal } from '../platform/principal.ts'
import type { PaymentApi } from '../payment/api.ts'
import { Day, Moment, RefundKind, type ReservationApi, reservationOperations } from '../reservation/api.ts'
import type { SeatApi, Tally } from '../seat/api.ts'
import type { WalletApi } from '../wallet/api.ts'

const seats = { capacity: Count, available: Count, held: { ...Count, description: 'in a basket, reserved or being paid' }, returned: Count, sold: Count, blocked: Count }
const Amount = { ...Won, description: 'integer won' }
const PriceSales = Exact({ priceType: Type.String(), price: Nullable(Won), reserved: Count, sold: Count, refunded: Count, gross: Won, fees: Won, refunds: Won })
const GradeSales = Exact({ grade: Type.String(), ...seats, reserved: { ...Count, description: 'of the held ones, those on a reservation that is not paid' }, refunded: Count, prices: Type.Array(PriceSales) })
const SalesMoment = Exact({ ...Moment.properties, at: IsoInstant })
export const Sales = Exact({
  at: IsoInstant,
  show: Exact({ id: Id, title: Type.String(), venue: Type.String(), startsAt: IsoInstant, timeZone: Type.String(), status: Type.String(), paused: Type.Boolean() }),
  sale: Type.Enum(['draft', 'before', 'open', 'between', 'over', 'cancelled']),
  opensAt: { ...Nullable(IsoInstant), description: 'the window that is open, or the next one' }, closesAt: Nullable(IsoInstant),
  grades: Type.Array(GradeSales),
  gross: { ...Amount, description: 'prices of all that was ever paid' }, fees: { ...Amount, description: 'booking fees of the same' },
  refunds: { ...Amount, description: 'what of both went or goes back' }, net: { ...Amount, description: 'gross + fees - refunds' },
  account: { ...Type.Integer(), description: 'what the ledger holds for this show: net, and refunds that are still on their way' },
  buyers: { ...Count, description: 'who own seats now' }, purchases: { ...Count, description: 'reservations that were ever paid' },
  reasons: reservationOperations.figures.output.properties.reasons,
  since: { ...IsoInstant, description: 'the opening of the present window: minutes are the first three hours after it, hours the first three days' }, minutes: Type.Array(SalesMoment), hours: Type.Array(SalesMoment), days: Type.Array(Day),
})
export type Sales = Static<typeof Sales>

const refundLine = Exact({ seatId: Count, section: Type.String(), row: Type.String(), seat: Type.String(), grade: Type.String(), priceType: Type.String(), price: Won, fee: Won })
export const RefundView = Exact({
  id: Id, at: IsoInstant, reservationId: Id, number: Type.String(), refund: Won, kind: RefundKind, reason: Type.String(),
  doneAt: { ...Nullable(IsoInstant), description: 'when the money was back; null while it is on its way' }, lines: Type.Array(refundLine),
})
export type RefundView = Static<typeof RefundView>

export type SalesNeeds = { concert: ConcertApi; seat: SeatApi; reservation: ReservationApi; payment: PaymentApi; wallet: WalletApi; now: () => number; ownsShow: (principal: Principal, showId: string) => Promise<void> }
const freshMs = 1_000
/** counting takes at most a twentieth of the time, also of a show with all its seats sold */
const share = 20
const showsMax = 200
const tags = ['organiser']

/** How a show sells, for who organises it: each service answers for what it owns, and all of it is counted on what is stored. */
export function salesRoutes(app: App, needs: SalesNeeds) {
  const look = createLooks({ read: (showId) => lookAt(needs, showId), now: needs.now, freshMs, share, max: showsMax })

  app.get('/api/shows/:id/sales', {
    config: organisers,
    schema: { tags, summary: 'Seats, money and buyers of a show; at least a second apart, and rarer where counting takes long', params: IdParams, response: { 200: Sales } },
  }, async (request, reply) => {
    await needs.ownsShow(principalOf(request), request.params.id)
    return reply.header('cache-control', 'no-store').send(await look(request.params.id))
  })

  app.get('/api/shows/:id/refunds', {
    config: organisers,
    schema: {
      tags, summary: 'Seats that came back and why, newest first, with how far the money is', params: IdParams, querystring: Exact(Page),
      response: { 200: Exact({ items: Type.Array(RefundView), nextCursor: Nullable(Type.String()) }) },
    },
  }, async (request) => {
    await needs.ownsShow(principalOf(request), request.params.id)
    const { cursor, limit = 20 } = request.query
    const before = placeOf(cursor)
    const { refunds } = await needs.reservation.refunds({ showId: request.params.id, limit: limit + 1, ...(before && { before }) })
    const { page, nextCursor } = cutPage(refunds, limit, (last) => [last.at, last.cancellationId])
    const states = await needs.payment.refundStates({ cancellationIds: page.map((refund) => refund.cancellationId) })
    const doneAt = new Map(states.refunds.map((refund) => [refund.cancellationId, refund.doneAt]))
    return { items: page.map((refund) => refundView(refund, doneAt.get(refund.cancellationId))), nextCursor }
  })
}

/** Nobody is owed anything for a seat that cost nothing: that is done as soon as it is decided. */
function refundView({ cancellationId: id, by: _, at, refund, lines, ...rest }: Awaited<ReturnType<ReservationApi['refunds']>>['refunds'][number], doneAt: number | null | undefined): RefundView {
  return { id, at: iso(at), refund, ...rest, doneAt: refund === 0 ? iso(at) : isoOrNull(doneAt), lines: lines.map(({ confirmedAt: __, ...line }) => line) }
}

async function lookAt({ concert, seat, reservation, wallet, now }: SalesNeeds, showId: string): Promise<Sales> {
  const at = now()
  const show = await concert.show({ showId })
  const [tally, figures, { balance }] = await Promise.all([talliesOf(seat, show), reservation.figures({ showId }), wallet.salesBalance({ showId })])
  const { buyers, purchases, reasons, since, minutes, hours, days } = figures
  const sum = (of: 'gross' | 'fees' | 'refunds') => figures.prices.reduce((total, price) => total + price[of], 0)
  const [gross, fees, refunds] = [sum('gross'), sum('fees'), sum('refunds')]
  const { id, title, venue, startsAt, timeZone, status, paused } = show
  const shown = (moments: typeof minutes) => moments.map((moment) => ({ ...moment, at: iso(moment.at) }))
  return {
    at: iso(at), show: { id, title, venue, startsAt: iso(startsAt), timeZone, status, paused }, ...saleOf(show, at),
    grades: gradesOf(show, tally, figures.prices), gross, fees, refunds, net: gross + fees - refunds, account: balance, buyers, purchases,
    reasons, since: iso(since), minutes: shown(minutes), hours: shown(hours), days,
  }
}

/** A draft has no seats yet, only a plan. */
async function talliesOf(seat: SeatApi, { id: showId, status, totals }: Show): Promise<Tally[]> {
  const planned = () => totals.map(({ grade, total }) => ({ grade, capacity: total, available: total, held: 0, returned: 0, sold: 0, blocked: 0 }))
  if (status === 'draft') return planned()
  return seat.tally({ showId }).then(({ grades }) => grades, (error: unknown) => {
    if (isRefusal(error, 'show_unknown')) return planned()
    throw error
  })
}

type Price = Awaited<ReturnType<ReservationApi['figures']>>['prices'][number]

/** Dearest first, as everywhere; a price type that nobody bought is there too, and one that no longer has a price. */
function gradesOf({ prices }: Show, tallies: Tally[], sold: Price[]): Sales['grades'] {
  const priceOf = (grade: string) => prices.find((price) => price.grade === grade)
  return tallies.toSorted((a, b) => (priceOf(b.grade)?.price ?? 0) - (priceOf(a.grade)?.price ?? 0)).map((tally) => {
    const listed = priceOf(tally.grade)
    const own = sold.filter(({ grade }) => grade === tally.grade)
    const names = new Set([...(listed ? ['default', ...(listed.types ?? []).map(({ name }) => name)] : []), ...own.map(({ priceType }) => priceType)])
    const sum = (of: 'reserved' | 'refunded') => own.reduce((total, price) => total + price[of], 0)
    return {
      ...tally, reserved: sum('reserved'), refunded: sum('refunded'),
      prices: [...names].map((priceType) => {
        const price = priceType === 'default' ? listed?.price : listed?.types?.find(({ name }) => name === priceType)?.price
        const { grade: _, ...figures } = own.find((one) => one.priceType === priceType) ?? { ...unsold, grade: '', priceType }
        return { ...figures, price: price ?? null }
      }),
    }
  })
}
const unsold = { reserved: 0, sold: 0, refunded: 0, gross: 0, fees: 0, refunds: 0 }

/** Where the show's sale stands by its windows; the start of the show ends every one. */
function saleOf({ status, windows, startsAt }: Show, now: number): Pick<Sales, 'sale' | 'opensAt' | 'closesAt'> {
  const sorted = windows.toSorted((a, b) => a.opensAt - b.opensAt)
  const open = sorted.find((window) => window.opensAt <= now && now < window.closesAt)
  const next = sorted.find((window) => window.opensAt > now)
  const shown = startsAt <= now ? undefined : (open ?? next)
  const times = { opensAt: isoOrNull(shown?.opensAt), closesAt: isoOrNull(shown?.closesAt) }
  if (status === 'cancelled') return { sale: 'cancelled', opensAt: null, closesAt: null }
  if (status === 'draft') return { sale: 'draft', ...times }
  if (!shown) return { sale: 'over', opensAt: null, closesAt: isoOrNull(sorted.at(-1)?.closesAt) }
  if (open) return { sale: 'open', ...times }
  return { sale: shown === sorted[0] ? 'before' : 'between', ...times }
}
