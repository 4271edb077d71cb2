import Type from 'typebox'
import type { ConcertApi } from '../concert/api.ts'
import { Exact, Id } from '../platform/contract.ts'
import { type App, iso, principalOf } from '../platform/http.ts'
import type { UserApi } from '../user/api.ts'

export const rehearsalLimits = { fansMax: 20_000, seatsMax: 50_000 } as const
const rowSeats = 50
const hour = 3_600_000
const fansPerCall = 2_000

/** Makes a published show with `seats` seats that is on sale now, in the caller's name. */
export async function openRehearsal({ concert }: { concert: ConcertApi }, { seats, by, now, title = `Rehearsal ${iso(now)}`, venue = 'Rehearsal hall' }: { seats: number; by: string; now: number; title?: string; venue?: string }) {
  const rows = Math.floor(seats / rowSeats)
  const rest = seats % rowSeats
  const lengths = [...Array.from({ length: rows }, () => rowSeats), ...(rest > 0 ? [rest] : [])]
  const sectionRows = 200
  const sections = Array.from({ length: Math.ceil(lengths.length / sectionRows) }, (_, section) => ({
    name: `S${section + 1}`, kind: 'seated' as const, grade: 'R',
    rows: lengths.slice(section * sectionRows, (section + 1) * sectionRows).map((length, i) => ({ name: String(i + 1), seats: length })),
  }))
  return concert.createWithShow({
    by: { userId: by, role: 'operator' },
    concert: { title, venue, description: '' },
    show: {
      startsAt: now + 30 * 24 * hour, endsAt: now + 30 * 24 * hour + 2 * hour, timeZone: 'Asia/Seoul', ticketsPerUserMax: 4, bookingFee: 2_000,
      policy: { version: 1, cutoffMinutesBeforeStart: 1_440 },
    },
    plan: { sections },
    prices: [{ grade: 'R', price: 110_000 }],
    windows: [{ name: 'Rehearsal', opensAt: now - 1_000, closesAt: now + 24 * hour, audience: 'everyone', sections: null }],
  })
}

/** Operators' rehearsals: a fresh show and a crowd of verified fans with their tokens. Mounted only with REHEARSALS=on. */
export function rehearsalRoutes(app: App, deps: { user: UserApi; concert: ConcertApi; now: () => number }) {
  app.post('/api/operations/rehearsals', {
    config: { access: { allow: ['operator'], live: true } },
    schema: {
      tags: ['operations'],
      summary: 'Make a rehearsal: a show on sale and fans with tokens',
      body: Exact({ fans: Type.Integer({ minimum: 1, maximum: rehearsalLimits.fansMax }), seats: Type.Integer({ minimum: 1, maximum: rehearsalLimits.seatsMax }) }),
      response: { 201: Exact({ showId: Id, concertId: Id, fans: Type.Array(Exact({ userId: Id, accessToken: Type.String() })) }) },
    },
  }, async (request, reply) => {
    const by = principalOf(request).userId
    const made = await openRehearsal(deps, { seats: request.body.seats, by, now: deps.now() })
    const fans: { userId: string; accessToken: string }[] = []
    for (let left = request.body.fans; left > 0; left -= fansPerCall)
      fans.push(...(await deps.user.rehearse({ count: Math.min(left, fansPerCall), by })).fans)
    return reply.code(201).send({ ...made, fans })
  })
}
