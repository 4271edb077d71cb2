import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { hold, passesOf, passTime, pay, reservationOf, reserved, signInAgain, sound } from './steps.ts'
import { must, openSystem, type Person, type TestSystem } from './system.ts'

let world: TestSystem
before(async () => {
  world = await openSystem()
})
beforeEach(() => signInAgain(world))
after(() => world.close())

const minute = 60_000
const join = (person: Person, showId: string) => must(world.send('POST', `/api/shows/${showId}/queue`, { token: person.token, body: {} }))
const place = async (person: Person, showId: string) => (await must(world.send('GET', `/api/shows/${showId}/queue/me`, { token: person.token }))).body
const claim = (person: Person, showId: string, body: object = {}) => world.send('POST', `/api/shows/${showId}/queue/pass`, { token: person.token, body })
const operate = (path: string, body: object = {}) => must(world.send('POST', `/api/operations/shows/${path}`, { token: world.operator.token, body }))

test('who leaves early holds nothing with the pass of before, and the slot goes on only after the pass has ended', async () => {
  const showId = await world.onSale()
  await must(world.send('PUT', `/api/operations/shows/${showId}/line`, { token: world.operator.token, body: { cap: 1 } }))
  const [leaver, next] = (await world.fans(2)) as [Person, Person]
  const pass = await world.passOf(leaver, showId)
  await join(next, showId)
  await world.settle()
  assert.equal((await place(next, showId)).status, 'waiting')
  await must(world.send('DELETE', `/api/shows/${showId}/queue/me`, { token: leaver.token }))
  for (let looks = 0; (await place(next, showId)).status === 'waiting'; looks++) {
    assert.ok(looks < 10, 'the slot goes on')
    await world.settle()
  }
  const late = await hold(world, leaver, showId, [1], { pass })
  assert.deepEqual([late.status, late.body.code, late.body.action], [403, 'pass_ended', 'renew'])
  assert.equal((await claim(next, showId)).status, 201)
  assert.equal((await claim(leaver, showId)).body.code, 'place_ended')
  assert.equal((await join(leaver, showId)).body.number, 3, 'coming back is a new place at the end')
  await sound(world)
})

test('who bought less than one may keeps the slot until leaving; then it goes on at once, without a job, and what was bought stays', { timeout: 60_000 }, async ({ signal }) => {
  const showId = await world.onSale()
  await must(world.send('PUT', `/api/operations/shows/${showId}/line`, { token: world.operator.token, body: { cap: 1 } }))
  const [buyer, next] = (await world.fans(2)) as [Person, Person]
  const { reservationId, pass } = await reserved(world, buyer, showId, [1])
  await must(pay(world, buyer, reservationId))
  await join(next, showId)
  await passTime(world, 5_000)
  assert.deepEqual([(await place(buyer, showId)).status, (await place(next, showId)).status], ['inside', 'waiting'], 'more may be bought')
  await must(world.send('DELETE', `/api/shows/${showId}/queue/me`, { token: buyer.token }))
  // the slot goes on by itself; no job runs here
  while ((await place(next, showId)).status === 'waiting') {
    signal.throwIfAborted()
    await new Promise(setImmediate)
  }
  assert.equal((await hold(world, buyer, showId, [2], { pass })).body.code, 'pass_ended')
  assert.equal((await must(world.send('DELETE', `/api/shows/${showId}/queue/me`, { token: buyer.token }))).status, 204, 'once more')
  assert.equal((await reservationOf(world, buyer, reservationId)).status, 'confirmed')
  await sound(world)
})

test('a pass that ran out says renew, and renewing inside gives one that holds', async () => {
  const showId = await world.onSale()
  const [fan] = (await world.fans(1)) as [Person]
  const pass = await world.passOf(fan, showId)
  world.time.now += 10 * minute // not yet swept
  const late = await hold(world, fan, showId, [1], { pass })
  assert.deepEqual([late.status, late.body.code, late.body.action], [403, 'pass_expired', 'renew'])
  const renewed = await must(claim(fan, showId))
  assert.equal((await hold(world, fan, showId, [1], { pass: renewed.body.pass })).status, 201)
  await sound(world)
})

test('taking over moves the pass to this device: the other one is refused and told to renew', async () => {
  const showId = await world.onSale()
  const login = { email: 'takes-over@test.example', password: 'a good password' }
  await world.system.userService.ensureUser({ ...login, name: '두 기기', role: 'buyer' })
  const [phone, desk] = [await world.signIn(login.email, login.password), await world.signIn(login.email, login.password)]
  const old = await world.passOf(phone, showId)
  assert.equal((await claim(desk, showId)).body.code, 'pass_elsewhere')
  const taken = await must(claim(desk, showId, { takeOver: true }))
  await world.settle()
  assert.equal((await hold(world, phone, showId, [1], { pass: old })).body.code, 'pass_ended')
  assert.equal((await hold(world, desk, showId, [1], { pass: taken.body.pass })).status, 201)
  assert.equal((await claim(phone, showId)).body.code, 'pass_elsewhere')
  await sound(world)
})

/** One holds seats, one has reserved, one is called and has not come yet: every clock of a show runs. */
async function threeOnTheirWay() {
  const showId = await world.onSale()
  const [holder, buyer, called] = (await world.fans(3)) as [Person, Person, Person]
  const { reservationId } = await reserved(world, buyer, showId, [3, 4])
  const [pass] = await passesOf(world, [holder], showId)
  const held = await must(hold(world, holder, showId, [1, 2], { pass }))
  await join(called, showId)
  await world.settle()
  return { showId, holder, buyer, called, reservationId, held }
}

test('a paused show stops every clock: hold, reservation, turn and pass go on with what they had', async () => {
  const { showId, holder, buyer, called, reservationId, held } = await threeOnTheirWay()
  const before = { turn: (await place(called, showId)).until, inside: (await place(holder, showId)).until, pays: (await reservationOf(world, buyer, reservationId)).expiresAt }
  const pausedAt = world.time.now
  await operate(`${showId}/pause`)
  await world.settle()
  await passTime(world, 12 * minute)
  assert.equal((await world.send('GET', `/api/holds/${held.body.id}`, { token: holder.token })).status, 200)
  assert.equal((await claim(called, showId)).body.code, 'line_paused')
  await signInAgain(world)
  await operate(`${showId}/resume`)
  await world.settle()
  const pausedMs = world.time.now - pausedAt
  const later = (iso: string) => new Date(Date.parse(iso) + pausedMs).toISOString()
  assert.equal((await must(world.send('GET', `/api/holds/${held.body.id}`, { token: holder.token }))).body.until, later(held.body.until))
  assert.equal((await reservationOf(world, buyer, reservationId)).expiresAt, later(before.pays))
  assert.deepEqual([(await place(called, showId)).until, (await place(holder, showId)).until], [later(before.turn), later(before.inside)])
  assert.equal((await claim(called, showId)).status, 201)
  assert.equal((await pay(world, buyer, reservationId)).body.status, 'completed')
  await sound(world)
})

test('an outage longer than every deadline costs nobody anything: there is a minute left after it', async () => {
  const { showId, holder, buyer, called, reservationId, held } = await threeOnTheirWay()
  await world.advance(20 * minute)
  const minuteFromNow = new Date(world.time.now + minute).toISOString()
  assert.equal((await must(world.send('GET', `/api/holds/${held.body.id}`, { token: holder.token }))).body.until, minuteFromNow)
  assert.equal((await reservationOf(world, buyer, reservationId)).expiresAt, minuteFromNow)
  assert.equal((await place(called, showId)).until, minuteFromNow)
  assert.equal((await claim(called, showId)).status, 201)
  assert.equal((await pay(world, buyer, reservationId)).body.status, 'completed')
  await passTime(world, minute + 600)
  assert.equal((await world.send('GET', `/api/holds/${held.body.id}`, { token: holder.token })).body.code, 'hold_ended', 'and not more than that')
  await sound(world)
})
