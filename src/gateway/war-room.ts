import Type, { type Static } from 'typebox'
import type { ConcertApi } from '../concert/api.ts'
import { Count, Exact, Id } from '../platform/contract.ts'
import { type App, IdParams, IsoInstant, iso, Nullable } from '../platform/http.ts'
import { createLooks } from '../platform/looks.ts'
import type { Metrics } from '../platform/metrics.ts'
import { Phase, type QueueApi } from '../queue/api.ts'
import type { ReservationApi } from '../reservation/api.ts'
import type { SeatApi } from '../seat/api.ts'
import type { VerifyReport } from '../verify.ts'
import { createProcessFigures, ProcessFigures } from './process-figures.ts'

export const LiveShow = Exact({
  at: IsoInstant,
  show: Exact({ id: Id, title: Type.String(), venue: Type.String(), timeZone: Type.String(), status: Type.String() }),
  line: Exact({
    phase: Phase, opensAt: IsoInstant, closesAt: IsoInstant, joined: Count, waiting: { ...Count, description: 'near, not exact' }, called: Count, inside: Count, live: Count, cap: Count,
    rate: Type.Number(), ratePerMinute: Nullable(Count), reason: Nullable(Type.String()), paused: Type.Boolean(), message: Nullable(Type.String()),
  }),
  seats: Nullable(Exact({ availability: Nullable(Type.String()), available: Count, held: { ...Count, description: 'in a basket or being paid' }, sold: Count, blocked: Count })),
  mayRehearse: { ...Type.Boolean(), description: 'this server can send a crowd of its own' },
  sales: Nullable(Exact({ pending: Count, paying: Count, confirmed: Count })),
  process: { ...ProcessFigures, description: 'of the process that answers' },
})
export type LiveShow = Static<typeof LiveShow>
const Verified = Exact({
  at: IsoInstant, ms: Count, checks: Count,
  violations: Type.Array(Exact({ id: Type.String(), name: Type.String(), count: Count })), errors: Type.Array(Type.String()),
})
export type Verified = Static<typeof Verified>
export const VerifiedOrNull = Nullable(Verified)

type Needs = { concert: ConcertApi; queue: QueueApi; seat?: SeatApi; reservation?: ReservationApi; metrics: Metrics; lagMs: () => number; now: () => number; mayRehearse: boolean; verify?: (() => Promise<VerifyReport>) | undefined }
const freshMs = 1_000
const verifiedFreshMs = 5_000
const showsMax = 200
const operator = { access: { allow: ['operator'] as ['operator'], live: true as const } }
const tags = ['operations']

/** One picture of a sale as it runs, at most a second old however many look at it, and the promises checked on what is stored. */
export function createWarRoom(needs: Needs) {
  const figures = createProcessFigures(needs)
  const live = createLooks({ read: (showId) => lookAt(needs, figures, showId), now: needs.now, freshMs, max: showsMax })
  let verified: { at: number; report: Promise<Verified> } | undefined
  return {
    live,
    /** One at a time, for it reads everything, and not again for five seconds. */
    verify: (): Promise<Verified> | undefined => {
      const { verify, now } = needs
      if (!verify) return undefined
      if (verified && now() - verified.at < verifiedFreshMs) return verified.report
      const report = checked(verify, now)
      const mine = { at: Number.POSITIVE_INFINITY, report }
      verified = mine
      report.then(() => Object.assign(mine, { at: now() }), () => {
        verified = undefined
      })
      return report
    },
  }
}
export type WarRoom = ReturnType<typeof createWarRoom>

export function warRoomRoutes(app: App, room: WarRoom) {
  app.get('/api/operations/shows/:id/live', {
    config: operator,
    schema: { tags, summary: 'A sale as it runs: line, seats, reservations, and the process that answers; at most a second old', params: IdParams, response: { 200: LiveShow } },
  }, async (request, reply) => reply.header('cache-control', 'no-store').send(await room.live(request.params.id)))

  app.post('/api/operations/verify', {
    config: operator,
    schema: {
      tags, summary: 'Check every promise on what is stored. Reads everything; one at a time, and the same answer for five seconds. null: services have processes of their own here, npm run verify asks them',
      body: Type.Union([Exact({}), Type.Null()]), response: { 200: VerifiedOrNull },
    },
  }, async (_request, reply) => reply.send((await room.verify()) ?? null))
}

async function lookAt({ concert, queue, seat, reservation, mayRehearse, now }: Needs, figures: () => Promise<ProcessFigures>, showId: string): Promise<LiveShow> {
  const [show, frame, clocks, seats, sales, process] = await Promise.all([
    concert.show({ showId }), queue.frame({ showId }), queue.clocks({ showId }),
    seat ? seatsOf(seat, showId) : null, reservation ? reservation.sales({ showId }) : null, figures(),
  ])
  const { phase, last, live, cap, rate, ratePerMinute, reason, paused, message } = frame
  return {
    at: iso(now()),
    show: { id: showId, title: show.title, venue: show.venue, timeZone: show.timeZone, status: show.status },
    line: { phase, opensAt: iso(frame.opensAt), closesAt: iso(frame.closesAt), joined: last, waiting: clocks.waiting, called: clocks.turns, inside: clocks.passes, live, cap, rate, ratePerMinute, reason, paused, message },
    seats: seats && { availability: frame.availability, ...seats },
    mayRehearse, sales, process,
  }
}

/** Counted on the map that fans see: four states, two bits each. */
async function seatsOf(seat: SeatApi, showId: string) {
  const { planVersion } = await seat.version({ showId })
  const [map, { stocks }] = await Promise.all([seat.map({ showId, planVersion }), seat.stock({ showIds: [showId] })])
  const counts: [number, number, number, number] = [0, 0, 0, 0]
  for (const byte of Buffer.from(map.states, 'base64')) for (let i = 0; i < 8; i += 2) counts[(byte >> i & 3) as 0 | 1 | 2 | 3]++
  const [, held, sold, blocked] = counts
  const total = stocks[0]?.left.reduce((sum, grade) => sum + grade.total, 0) ?? 0
  // the last byte is filled up with free seats that do not exist
  return { available: Math.max(0, total - held - sold), held, sold, blocked }
}

async function checked(verify: () => Promise<VerifyReport>, now: () => number): Promise<Verified> {
  const startedAt = performance.now()
  const { checks, violations, errors } = await verify()
  return {
    at: iso(now()), ms: Math.round(performance.now() - startedAt), checks,
    violations: violations.map(({ id, name, rows }) => ({ id, name, count: rows.length })), errors: errors.map(({ name }) => name),
  }
}
