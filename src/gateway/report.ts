import { Readable } from 'node:stream'
import Type from 'typebox'
import type { ConcertApi } from '../concert/api.ts'
import { Exact } from '../platform/contract.ts'
import { byteOrderMark, csvLine } from '../platform/csv.ts'
import { type App, IdParams, organisers, principalOf } from '../platform/http.ts'
import { refuse } from '../platform/outcome.ts'
import type { Principal } from '../platform/principal.ts'
import type { ReservationApi } from '../reservation/api.ts'
import { prefersKorean } from './web.ts'

type ReportNeeds = { concert: ConcertApi; reservation: ReservationApi; now: () => number; ownsShow: (principal: Principal, showId: string) => Promise<void> }
type Language = 'ko' | 'en'
export type Row = { number: string; confirmedAt: number; seatId: number; section: string; row: string; seat: string; grade: string; priceType: string; price: number; fee: number; refundedAt: number | null }

const soldPageMax = 500
const refundPageMax = 100
/** more than a hall has seats, each sold and given back several times over */
const rowsMax = 1_000_000
const words = {
  ko: { columns: ['예매번호', '결제 시각', '구역', '열', '좌석', '등급', '권종', '가격', '예매수수료', '상태', '환불 금액', '환불 시각'], sold: '판매', refunded: '환불', default: '일반', zone: (name: string) => `시각은 ${name} 기준` },
  en: { columns: ['Reservation', 'Paid at', 'Section', 'Row', 'Seat', 'Grade', 'Price type', 'Price', 'Booking fee', 'State', 'Refunded', 'Refunded at'], sold: 'sold', refunded: 'refunded', default: 'standard', zone: (name: string) => `times in ${name}` },
} as const

const retryAfterSeconds = 2

/**
 * What an organiser settles by: a line for every seat that was ever paid, with nobody's name. It reads all of a show, so one at a
 * time is written for one person; whoever reads theirs slowly keeps nobody else waiting.
 */
export function reportRoute(app: App, { concert, reservation, now, ownsShow }: ReportNeeds) {
  const readers = new Set<string>()
  app.get('/api/shows/:id/report.csv', {
    config: organisers,
    schema: {
      tags: ['organiser'], summary: 'Every seat that was paid, sold or refunded, as CSV for a spreadsheet; the sum of prices and fees less refunds is the net', params: IdParams,
      querystring: Exact({ lang: Type.Optional(Type.Enum(['ko', 'en'])) }),
      response: { 200: { content: { 'text/csv': { schema: Type.String() } } } },
    },
  }, async (request, reply) => {
    const showId = request.params.id
    const principal = principalOf(request)
    await ownsShow(principal, showId)
    const { timeZone, title } = await concert.show({ showId })
    const language: Language = request.query.lang ?? (prefersKorean(request) ? 'ko' : 'en')
    const rows = rowsOf(reservation, showId)
    if (readers.has(principal.userId)) refuse('rate_limited', { retryAfterSeconds })
    readers.add(principal.userId)
    const done = () => readers.delete(principal.userId)
    // what can be refused is refused before the first byte
    const first = await rows.next().catch((error: unknown) => {
      done()
      throw error
    })
    const name = `openrun-${new Date(now()).toISOString().slice(0, 10)}`
    reply.type('text/csv; charset=utf-8').header('cache-control', 'no-store').header('vary', 'accept-language')
      .header('content-disposition', `attachment; filename="${name}.csv"; filename*=UTF-8''${encodedName(`${name} ${title}`)}.csv`)
    return reply.send(Readable.from(textOf(first, rows, { language, timeZone })).once('close', done) as never)
  })
}

/** Seats that are sold, in the order of the plan, then those that were refunded, by time; whatever changes meanwhile, each purchase of a seat once. */
export async function* rowsOf(reservation: ReservationApi, showId: string): AsyncGenerator<Row[]> {
  const told = new Set<string>()
  for (let afterSeat = 0; ; ) {
    const { lines } = await reservation.sold({ showId, afterSeat, limit: soldPageMax })
    for (const line of lines) told.add(`${line.number} ${line.seatId}`)
    yield lines.map((line) => ({ ...line, refundedAt: null }))
    afterSeat = lines.at(-1)?.seatId ?? 0
    if (lines.length < soldPageMax) break
  }
  for (let after = { at: 0, id: '00000000-0000-0000-0000-000000000000' }, count = 0; count < rowsMax; ) {
    const { refunds } = await reservation.refunds({ showId, after, limit: refundPageMax })
    const rows = refunds.flatMap(({ number, at, lines }) => lines.map((line) => ({ ...line, number, refundedAt: at })))
    count += rows.length
    // told as sold a moment ago: that was true when the report was asked for
    yield rows.filter((row) => !told.has(`${row.number} ${row.seatId}`))
    const last = refunds.at(-1)
    if (!last || refunds.length < refundPageMax) break
    after = { at: last.at, id: last.cancellationId }
  }
}

async function* textOf(first: IteratorResult<Row[], unknown>, rest: AsyncGenerator<Row[]>, { language, timeZone }: { language: Language; timeZone: string }): AsyncGenerator<string> {
  const say = words[language]
  const time = createTimes(timeZone)
  const text = (rows: Row[]) => rows.map((row) => {
    const { number, confirmedAt, section, row: rowName, seat, grade, priceType, price, fee, refundedAt } = row
    const type = priceType === 'default' ? say.default : priceType
    const refunded = refundedAt === null ? [say.sold, 0, null] : [say.refunded, price + fee, time(refundedAt)]
    return csvLine([number, time(confirmedAt), section, rowName, seat, grade, type, price, fee, ...refunded])
  }).join('')
  const [number, paidAt, ...columns] = say.columns
  yield byteOrderMark + csvLine([number, `${paidAt} (${say.zone(timeZone)})`, ...columns])
  if (!first.done) yield text(first.value)
  for await (const rows of rest) yield text(rows)
}

/** RFC 8187: nothing but letters, digits and percent signs. */
const encodedName = (text: string) => encodeURIComponent(text).replace(/['()*!]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)

/** As spreadsheets read a time in every language: 2027-03-01 20:00:00. */
function createTimes(timeZone: string): (at: number) => string {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' })
  return (at) => format.format(at)
}
