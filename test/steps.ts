import assert from 'node:assert/strict'
import sql, { raw } from 'sql-template-tag'
import type { StepHook } from '../src/platform/contract.ts'
import type { Database } from '../src/platform/database.ts'
import { outboxSlots } from '../src/platform/events.ts'
import { serviceNames } from '../src/services.ts'
import { type Answer, must, openSystem, operatorLogin, type Person, type TestSystem } from './system.ts'

/** The furthest apart two beats may be: more is an outage, and then deadlines move. */
const beatAgeMaxMs = 3_000

/** How the database says which rule it kept. */
export const refused = { unique: '23505', check: '23514' } as const

/** Another process on the same data: its own memory, the same clock. */
export const another = (world: TestSystem, { step, db = world.db }: { step?: StepHook; db?: Database } = {}) =>
  openSystem({ db, time: world.time, operator: world.operator, ...(step && { step }) })

/** Time passes while every job of a living system runs. */
export async function passTime(world: TestSystem, ms: number) {
  for (const end = world.time.now + ms; world.time.now < end; ) await world.advance(Math.min(beatAgeMaxMs, end - world.time.now))
}

/** The operator's token ends after ten minutes. */
export async function signInAgain(world: TestSystem) {
  Object.assign(world.operator, await world.signIn(operatorLogin.email, operatorLogin.password))
}

/** Nothing is left to do and no invariant is broken, but those whose violation the test made itself. */
export async function sound(world: TestSystem, except: string[] = []) {
  await world.settle()
  const { violations, errors } = await world.verify()
  assert.deepEqual([...violations.filter((violation) => !except.includes(violation.name)), ...errors], [])
}

/** Everybody joins, is called and claims: a pass each, in the order of the people. */
export async function passesOf(world: TestSystem, people: Person[], showId: string): Promise<string[]> {
  await Promise.all(people.map(({ token }) => must(world.send('POST', `/api/shows/${showId}/queue`, { token, body: {} }))))
  await world.settle()
  const answers = await Promise.all(people.map(({ token }) => must(world.send('POST', `/api/shows/${showId}/queue/pass`, { token, body: {} }))))
  return answers.map(({ body }) => body.pass)
}

type Wish = { pass?: string | undefined; key?: string; replaces?: string }
export const hold = (world: TestSystem, { token }: Person, showId: string, seatIds: number[], { pass, key, replaces }: Wish = {}): Promise<Answer> =>
  world.send('POST', `/api/shows/${showId}/holds`, { token, pass, ...(key && { key }), body: { seatIds, ...(replaces && { replaces }) } })

export const reserve = (world: TestSystem, { token }: Person, holdId: string): Promise<Answer> =>
  world.send('POST', '/api/reservations', { token, body: { holdIds: [holdId] } })

type Paying = { key?: string; topUp?: number; source?: string }
export const pay = (world: TestSystem, { token }: Person, reservationId: string, { key, ...more }: Paying = {}): Promise<Answer> =>
  world.send('POST', '/api/payments', { token, ...(key && { key }), body: { reservationId, ...more } })

/** Through the line to a reservation of these seats. */
export async function reserved(world: TestSystem, person: Person, showId: string, seatIds: number[]) {
  const pass = await world.passOf(person, showId)
  const held = await must(hold(world, person, showId, seatIds, { pass }))
  const reservation = await must(reserve(world, person, held.body.id))
  return { pass, hold: held.body, reservationId: reservation.body.id as string }
}

export const reservationOf = async (world: TestSystem, { token }: Person, id: string) => (await must(world.send('GET', `/api/reservations/${id}`, { token }))).body
export const balanceOf = async (world: TestSystem, { token }: Person) => (await must(world.send('GET', '/api/me', { token }))).body.balance as number

/** The bus is away: another relay has every slot and publishes nothing. Returns how it comes back. */
export async function takeBusAway(world: TestSystem): Promise<() => Promise<void>> {
  const until = new Date(world.time.now + 3_600_000)
  for (const service of serviceNames)
    await world.db.rows(sql`
      insert into ${raw(`"${service}"`)}.outbox_leases (slot, holder, until) select slot, 'elsewhere', ${until}
      from generate_series(0, ${outboxSlots - 1}) as s(slot) on conflict (slot) do update set holder = excluded.holder, until = excluded.until`)
  return async () => {
    for (const service of serviceNames) await world.db.rows(sql`delete from ${raw(`"${service}"`)}.outbox_leases`)
  }
}
