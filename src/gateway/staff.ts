import Type from 'typebox'
import { byOf } from '../concert/answers.ts'
import type { ConcertApi } from '../concert/api.ts'
import { Exact, Id } from '../platform/contract.ts'
import { type App, IdParams, IsoInstant, iso, organisers } from '../platform/http.ts'
import { refuse } from '../platform/outcome.ts'
import { normalise, type UserApi } from '../user/api.ts'

const tags = ['organiser']
const params = IdParams
const StaffView = Exact({ items: Type.Array(Exact({ userId: Id, email: Type.String(), addedAt: IsoInstant })) })
const Email = Type.String({ format: 'email', minLength: 3, maxLength: 254 })
type Deps = { concert: Pick<ConcertApi, 'staff' | 'addStaff' | 'removeStaff'>; user: Pick<UserApi, 'findStaff' | 'profiles'> }
type Kept = Awaited<ReturnType<ConcertApi['staff']>>['staff']

/**
 * Who helps with a concert, named by a verified e-mail address. Concert keeps the relation, user knows the people. Nobody is
 * looked up for who does not own the concert, each look-up is in the audit, and of the person only the address is shown that
 * the organiser knew.
 */
export function staffRoutes(app: App, { concert, user }: Deps) {
  app.get('/api/concerts/:id/staff', {
    config: organisers,
    schema: { tags, summary: 'Who helps with a concert', params, response: { 200: StaffView } },
  }, async (request) => shown(user, (await concert.staff({ by: byOf(request), concertId: request.params.id })).staff))

  app.put('/api/concerts/:id/staff', {
    config: organisers,
    schema: { tags, summary: 'Name somebody as staff by e-mail address; named already: as it is', params, body: Exact({ email: Email }), response: { 200: StaffView } },
  }, async (request) => {
    const [by, concertId] = [byOf(request), request.params.id]
    await concert.staff({ by, concertId })
    const { profile } = await user.findStaff({ email: request.body.email, concertId, by: by.userId })
    if (!profile) return refuse('staff_unknown')
    return shown(user, (await concert.addStaff({ by, concertId, userId: profile.id })).staff)
  })

  app.delete('/api/concerts/:id/staff', {
    config: organisers,
    schema: { tags, summary: 'Take somebody off the staff; not named: as it is', params, body: Exact({ email: Email }), response: { 200: StaffView } },
  }, async (request) => {
    const [by, concertId] = [byOf(request), request.params.id]
    const before = await shown(user, (await concert.staff({ by, concertId })).staff)
    const gone = before.items.find(({ email }) => email === normalise(request.body.email))
    return gone ? shown(user, (await concert.removeStaff({ by, concertId, userId: gone.userId })).staff) : before
  })
}

/** Who has erased the account is left out, also before concert has heard of it. */
async function shown(user: Deps['user'], staff: Kept) {
  const { profiles } = staff.length === 0 ? { profiles: [] } : await user.profiles({ userIds: staff.map(({ userId }) => userId) })
  const emails = new Map(profiles.map(({ id, email }) => [id, email]))
  return { items: staff.flatMap(({ userId, addedAt }) => {
    const email = emails.get(userId)
    return email === undefined ? [] : [{ userId, email, addedAt: iso(addedAt) }]
  }) }
}
