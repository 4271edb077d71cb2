import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openSystem, type Person, type TestSystem } from './system.ts'

let world: TestSystem
before(async () => {
  world = await openSystem()
})
after(() => world.close())

async function buy(person: Person, showId: string, seatIds: number[]) {
  const pass = await world.passOf(person, showId)
  const hold = await world.send('POST', `/api/shows/${showId}/holds`, { token: person.token, pass, key: 'hold', body: { seatIds } })
  assert.equal(hold.status, 201, JSON.stringify(hold.body))
  const reservation = await world.send('POST', '/api/reservations', { token: person.token, key: `r-${hold.body.id}`, body: { holdIds: [hold.body.id] } })
  assert.equal(reservation.status, 201, JSON.stringify(reservation.body))
  const payment = await world.send('POST', '/api/payments', { token: person.token, key: `p-${hold.body.id}`, body: { reservationId: reservation.body.id } })
  return { pass, hold: hold.body, reservation: reservation.body, payment }
}

const sound = async () => {
  const report = await world.verify()
  assert.deepEqual(report.violations, [])
  assert.deepEqual(report.errors, [])
}

test('from sign-up to a paid, confirmed reservation, over public HTTP alone', async () => {
  const showId = await world.onSale()
  const email = 'fan@test.example'
  const signUp = await world.send('POST', '/api/users', { body: { email, name: '김팬', password: 'a good password' } })
  assert.equal(signUp.status, 201)
  await world.settle()
  const fan = await world.signIn(email, 'a good password')
  const link = world.mails.find((mail) => mail.to === email)
  const token = /token=([\w-]+)/.exec(link?.text ?? '')?.[1]
  assert.ok(token, 'the verification mail carries a link')
  const joined = await world.send('POST', `/api/shows/${showId}/queue`, { token: fan.token, body: {} })
  assert.equal(joined.status, 201)
  assert.equal(joined.body.number, 1)
  await world.settle()
  const early = await world.send('POST', `/api/shows/${showId}/queue/pass`, { token: fan.token, body: {} })
  assert.equal(early.body.code, 'email_unverified')
  assert.ok((await world.send('POST', '/api/users/verification', { body: { token } })).status < 300)
  const { body: { pass } } = await world.send('POST', `/api/shows/${showId}/queue/pass`, { token: fan.token, body: {} })
  const hold = await world.send('POST', `/api/shows/${showId}/holds`, { token: fan.token, pass, body: { seatIds: [1, 2] } })
  assert.equal(hold.status, 201)
  const reservation = await world.send('POST', '/api/reservations', { token: fan.token, body: { holdIds: [hold.body.id] } })
  assert.equal(reservation.body.total, 204_000)
  const poor = await world.send('POST', '/api/payments', { token: fan.token, body: { reservationId: reservation.body.id } })
  assert.equal(poor.status, 402)
  assert.equal(poor.body.code, 'balance_insufficient')
  assert.equal(poor.body.missing, 204_000)
  const paid = await world.send('POST', '/api/payments', { token: fan.token, body: { reservationId: reservation.body.id, topUp: 300_000 } })
  assert.equal(paid.status, 201, JSON.stringify(paid.body))
  assert.equal(paid.body.status, 'completed')
  await world.settle()
  const confirmed = await world.send('GET', `/api/reservations/${reservation.body.id}`, { token: fan.token })
  assert.equal(confirmed.body.status, 'confirmed')
  assert.match(confirmed.body.number, /^[0-9A-HJKMNP-TV-Z]{8}$/)
  const me = await world.send('GET', '/api/me', { token: fan.token })
  assert.equal(me.body.balance, 96_000)
  const story = await world.send('GET', `/api/shows/${showId}/queue/me/story`, { token: fan.token })
  assert.ok(story.body.steps.length >= 3)
  await sound()
})

test('part of it is cancelled, then the rest: the money is back and the seats are on sale again', async () => {
  const showId = await world.onSale()
  const [fan] = await world.fans(1)
  assert.ok(fan)
  const { reservation, payment } = await buy(fan, showId, [3, 4])
  assert.equal(payment.body.status, 'completed')
  const part = await world.send('POST', `/api/reservations/${reservation.id}/cancellations`, { token: fan.token, key: 'c1', body: { seatIds: [3] } })
  assert.equal(part.status, 201, JSON.stringify(part.body))
  assert.equal(part.body.refund, 102_000)
  const again = await world.send('POST', `/api/reservations/${reservation.id}/cancellations`, { token: fan.token, key: 'c2', body: { seatIds: [3] } })
  assert.equal(again.body.code, 'line_cancelled')
  await world.settle()
  await sound()
  const rest = await world.send('DELETE', `/api/reservations/${reservation.id}`, { token: fan.token })
  assert.ok(rest.status < 300, JSON.stringify(rest.body))
  await world.settle()
  assert.equal((await world.send('GET', '/api/me', { token: fan.token })).body.balance, 1_000_000)
  const show = await world.send('GET', `/api/shows/${showId}`)
  assert.equal(show.body.availability.state, 'open')
  const [other] = await world.fans(1)
  assert.ok(other)
  assert.equal((await buy(other, showId, [3, 4])).payment.body.status, 'completed')
  await world.settle()
  await sound()
})

test('a cancelled show refunds everybody, also who was paying, and sells nothing more', async () => {
  const showId = await world.onSale()
  const fans = await world.fans(3)
  for (const [index, fan] of fans.entries()) await buy(fan, showId, [index * 2 + 1, index * 2 + 2])
  const [late] = await world.fans(1)
  assert.ok(late)
  const pass = await world.passOf(late, showId)
  const hold = await world.send('POST', `/api/shows/${showId}/holds`, { token: late.token, pass, body: { seatIds: [10] } })
  assert.equal(hold.status, 201)
  assert.ok((await world.send('POST', `/api/shows/${showId}/cancel`, { token: world.operator.token, body: { reason: 'illness' } })).status < 300)
  await world.settle()
  for (const fan of fans) assert.equal((await world.send('GET', '/api/me', { token: fan.token })).body.balance, 1_000_000)
  const refused = await world.send('POST', `/api/shows/${showId}/holds`, { token: late.token, pass, body: { seatIds: [11] } })
  assert.equal(refused.body.code, 'show_closed')
  await sound()
})

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
  await sound()
})
