import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { cancelled, fromSignUp, type Shop, showCancelled } from './journeys.ts'
import { sound } from './steps.ts'
import { openSystem, type TestSystem } from './system.ts'

let world: TestSystem
before(async () => {
  world = await openSystem()
})
after(() => world.close())

const shop: Shop = {
  send: (...request) => world.send(...request),
  signIn: (...login) => world.signIn(...login),
  get operator() {
    return world.operator
  },
  fans: (...wanted) => world.fans(...wanted),
  onSale: (options) => world.onSale(options),
  passOf: (...asked) => world.passOf(...asked),
  verificationOf: async (email) => {
    await world.settle()
    const mail = world.mails.find(({ to }) => to === email)
    return /token=([\w-]+)/.exec(mail?.text ?? '')?.[1] ?? ''
  },
  eventually: (look) => world.settle().then(look),
  sound: () => sound(world),
}
test('from sign-up to a paid, confirmed reservation, over public HTTP alone', () => fromSignUp(shop))

test('part of it is cancelled, then the rest: the money is back and the seats are on sale again', () => cancelled(shop))

test('a cancelled show refunds everybody, also who was paying, and sells nothing more', () => showCancelled(shop))

test('the buyer sees one clock: no step forward brings it nearer', async () => {
  const showId = await world.onSale()
  const [fan] = await world.fans(1, 0)
  assert.ok(fan)
  const pass = await world.passOf(fan, showId)
  const seen: number[] = []
  const look = (iso: string | null) => iso && seen.push(Date.parse(iso))
  const hold = await world.send('POST', `/api/shows/${showId}/holds`, { token: fan.token, pass, body: { seatIds: [1] } })
  look(hold.body.until)
  world.time.now += 30_000
  const swapped = await world.send('POST', `/api/shows/${showId}/holds`, { token: fan.token, pass, body: { seatIds: [2], replaces: hold.body.id } })
  assert.equal(swapped.status, 201, JSON.stringify(swapped.body))
  assert.equal(swapped.body.until, hold.body.until, 'a swap cannot prolong a hold')
  look(swapped.body.until)
  world.time.now += 30_000
  look((await world.send('POST', `/api/holds/${swapped.body.id}/extend`, { token: fan.token })).body.until)
  const reservation = await world.send('POST', '/api/reservations', { token: fan.token, body: { holdIds: [swapped.body.id] } })
  look(reservation.body.expiresAt)
  world.time.now += 300_000
  await world.send('POST', '/api/payments', { token: fan.token, body: { reservationId: reservation.body.id } })
  look((await world.send('GET', `/api/reservations/${reservation.body.id}`, { token: fan.token })).body.expiresAt)
  assert.equal(seen.length, 5)
  assert.deepEqual(seen, seen.toSorted((a, b) => a - b))
  assert.ok((seen.at(-1) ?? 0) >= world.time.now + 120_000, 'a refused payment leaves at least two minutes')
})

test('an unpaid reservation expires by the hold clock, late and never early, and its seats return', async () => {
  const showId = await world.onSale()
  const [fan] = await world.fans(1)
  assert.ok(fan)
  const pass = await world.passOf(fan, showId)
  const hold = await world.send('POST', `/api/shows/${showId}/holds`, { token: fan.token, pass, body: { seatIds: [1] } })
  const reservation = await world.send('POST', '/api/reservations', { token: fan.token, body: { holdIds: [hold.body.id] } })
  const until = Date.parse(hold.body.until)
  // beats every second, as the jobs would, so that this is not an outage
  while (world.time.now < until + 400) await world.advance(Math.min(1_000, until + 400 - world.time.now))
  assert.equal((await world.send('GET', `/api/reservations/${reservation.body.id}`, { token: fan.token })).body.status, 'pending')
  await world.advance(300)
  assert.equal((await world.send('GET', `/api/reservations/${reservation.body.id}`, { token: fan.token })).body.status, 'expired')
  const late = await world.send('POST', '/api/payments', { token: fan.token, body: { reservationId: reservation.body.id } })
  assert.ok(late.status >= 400)
  assert.equal((await world.send('GET', '/api/me', { token: fan.token })).body.balance, 1_000_000)
  await sound(world)
})
