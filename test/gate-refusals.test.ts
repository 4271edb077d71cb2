import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { createTokens } from '../src/platform/token.ts'
import type { PassClaims } from '../src/seat/api.ts'
import { hold, passTime, reserved } from './steps.ts'
import { type Answer, must, openSystem, type Person, type TestSystem } from './system.ts'

let world: TestSystem
let people: Person[]
before(async () => {
  world = await openSystem()
  people = await world.fans(12)
})
after(() => world.close())

const hour = 3_600_000
const window = (opensIn: number, closesIn: number) => ({
  name: 'w', opensAt: new Date(world.time.now + opensIn).toISOString(), closesAt: new Date(world.time.now + closesIn).toISOString(), audience: 'everyone', sections: null,
})
const join = ({ token }: Person, showId: string) => world.send('POST', `/api/shows/${showId}/queue`, { token, body: {} })
const claim = ({ token }: Person, showId: string, body: object = {}) => world.send('POST', `/api/shows/${showId}/queue/pass`, { token, body })
const operate = (showId: string, body: object) => must(world.send('PUT', `/api/operations/shows/${showId}/line`, { token: world.operator.token, body }))
const one = (index: number) => people[index] as Person

/** Everything that a seat, a place or a pass is: what a refusal must not change. */
async function state(): Promise<unknown> {
  const read = (query: Parameters<typeof world.db.rows>[0]) => world.db.rows(query)
  return Promise.all([
    read(sql`select * from queue.places order by window_id, number`), read(sql`select window_id, phase, last, admitted_through, live from queue.lines order by 1`),
    read(sql`select * from queue.pass_numbers order by 1, 2`), read(sql`select count(*) from queue.place_events`),
    read(sql`select * from seat.holds order by id`), read(sql`select show_id, id, status, hold_id from seat.seats order by 1, 2`), read(sql`select * from seat.quotas order by 1, 2`),
  ])
}

/** The pass of a person as the server signed it, and what it says. */
const claimsOf = (pass: string): PassClaims => JSON.parse(Buffer.from(pass.split('.')[2] ?? '', 'base64url').toString())

test('what nobody may do at the gate is refused by one name each, twice the same, and changes nothing', async () => {
  const [first, waiting, ended, foreign, mover] = [one(0), one(1), one(2), one(3), await signedIn()]
  const showId = await world.onSale()
  const other = await world.onSale()
  await operate(showId, { cap: 2 })
  const pass = await world.passOf(first, showId)
  const endedPass = await world.passOf(ended, showId)
  await must(world.send('DELETE', `/api/shows/${showId}/queue/me`, { token: ended.token }))
  await world.settle()
  const moved = await world.passOf(mover, showId)
  await operate(showId, { cap: 1 })
  await must(join(waiting, showId))

  const closed = await world.onSale()
  await must(world.send('POST', `/api/operations/shows/${closed}/close`, { token: world.operator.token, body: {} }))
  const early = await world.onSale({ windows: [window(hour, 2 * hour)] })
  const soldOut = await world.onSale({ rows: 1, seats: 2 })
  const bought = await reserved(world, one(5), soldOut, [1, 2])
  await must(world.send('POST', '/api/payments', { token: one(5).token, body: { reservationId: bought.reservationId } }))
  await world.settle()
  await passTime(world, 3_000)
  await world.settle()

  const claims = claimsOf(pass)
  const forge = (secret: string, more: Partial<PassClaims> = {}) => createTokens<PassClaims>('pass', [{ id: claimsKey(pass), secret }]).sign({ ...claims, ...more })
  const halves = (a: string, b: string) => [...a.split('.').slice(0, 3), b.split('.')[3]].join('.')
  const cases: [what: string, act: () => Promise<Answer>, status: number, code: string][] = [
    ['joining a closed line', () => join(one(6), closed), 409, 'line_closed'],
    ['joining the line of an unknown show', () => join(one(6), randomUUID()), 404, 'show_unknown'],
    ['joining a sold-out show', () => join(one(6), soldOut), 409, 'line_sold_out'],
    ['joining before the window opens', () => join(one(6), early), 409, 'line_not_open'],
    ['claiming before the turn', () => claim(waiting, showId), 409, 'not_your_turn'],
    ['claiming without a place', () => claim(one(6), showId), 404, 'place_unknown'],
    ['claiming a place that has ended', () => claim(ended, showId), 409, 'place_ended'],
    ['holding without a pass', () => hold(world, waiting, showId, [1]), 403, 'pass_required'],
    ['a forged pass', () => hold(world, first, showId, [1], { pass: forge('f'.repeat(40)) }), 403, 'pass_invalid'],
    ['a pass with other claims under a real signature', () => hold(world, waiting, showId, [1], { pass: halves(forge('f'.repeat(40), { userId: waiting.userId }), pass) }), 403, 'pass_invalid'],
    ['a session sold as a pass', () => hold(world, first, showId, [1], { pass: first.token }), 403, 'pass_invalid'],
    ['a pass of somebody else', () => hold(world, foreign, showId, [1], { pass }), 403, 'pass_invalid'],
    ['a pass of another show', () => hold(world, first, other, [1], { pass }), 403, 'pass_invalid'],
    ['a pass whose time is over', () => hold(world, first, showId, [1], { pass: forge('p'.repeat(40), { exp: world.time.now }) }), 403, 'pass_expired'],
    ['a pass that was ended by leaving', () => hold(world, ended, showId, [1], { pass: endedPass }), 403, 'pass_ended'],
  ]
  for (const [what, act, status, code] of cases) {
    const had = await state()
    for (const time of ['first', 'again']) {
      const answer = await act()
      assert.deepEqual([answer.status, answer.body.code], [status, code], `${what}, ${time}`)
      assert.equal(typeof answer.body.next, 'string', `${what}: says what to do next`)
    }
    assert.deepEqual(await state(), had, what)
  }

  // a replay: the pass that was taken over
  const elsewhere = await signedIn()
  await must(claim(elsewhere, showId, { takeOver: true }))
  await world.settle()
  const replayed = await hold(world, mover, showId, [1], { pass: moved })
  assert.deepEqual([replayed.status, replayed.body.code], [403, 'pass_ended'])
  assert.equal((await claim(mover, showId)).body.code, 'pass_elsewhere')
})

test('a frame that is stale is told by its epoch: who was closed out by an older one finds the line closed', async () => {
  const showId = await world.onSale()
  const frame = async () => (await must(world.send('GET', `/api/shows/${showId}/queue`))).body
  const stale = await frame()
  await must(world.send('POST', `/api/operations/shows/${showId}/close`, { token: world.operator.token, body: {} }))
  world.time.now += 1_000 // a frame is a second old at most
  const fresh = await frame()
  assert.ok(fresh.epoch > stale.epoch)
  assert.deepEqual([stale.phase, fresh.phase, (await join(one(7), showId)).body.code], ['open', 'closed', 'line_closed'])
})

const claimsKey = (pass: string) => pass.split('.')[1] ?? ''

/** The same person on a new device each time. */
async function signedIn(): Promise<Person> {
  const login = { email: 'mover@test.example', password: 'gate-test-1234' }
  await world.system.userService.ensureUser({ ...login, name: 'Mover', role: 'buyer' })
  return world.signIn(login.email, login.password)
}
