import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import type { SessionClaims } from '../src/platform/principal.ts'
import { createTokens } from '../src/platform/token.ts'
import type { PassClaims } from '../src/seat/api.ts'
import { reserved, sound } from './steps.ts'
import { type Answer, openSystem, type Person, type TestSystem } from './system.ts'

let world: TestSystem
const passes = createTokens<PassClaims>('pass', [{ id: 't', secret: 'p'.repeat(40) }])
const sessions = createTokens<SessionClaims>('session', [{ id: 't', secret: 's'.repeat(40) }])
before(async () => {
  world = await openSystem()
})
after(() => world.close())

/** A pass beyond the cap of the line: what is raced here is the seat, not the queue. */
async function mintPass(showId: string, person: Person): Promise<string> {
  const { body } = await world.send('GET', `/api/shows/${showId}/queue`)
  const verified = sessions.verify(person.token, world.time.now)
  assert.ok('claims' in verified)
  return passes.sign({ userId: person.userId, sessionId: verified.claims.sessionId, showId, windowId: body.windowId, passNo: 1, sections: null, exp: world.time.now + 600_000 })
}

const count = (answers: Answer[], what: number | string) => answers.filter((answer) => answer.status === what || answer.body.code === what).length

/** minted passes were never issued by the queue, which is what that check looks for */
const minted = ['nobody held seats with a pass that the queue never issued']

test('1,000 parallel wishes for one seat: one hold, 999 refusals that name it and offer others', async () => {
  const showId = await world.onSale({ rows: 2 })
  const fans = await world.fans(1_000, 0)
  const wishes = await Promise.all(fans.map(async (fan) => ({ fan, pass: await mintPass(showId, fan) })))
  const answers = await Promise.all(wishes.map(({ fan, pass }) => world.send('POST', `/api/shows/${showId}/holds`, { token: fan.token, pass, key: 'one', body: { seatIds: [7] } })))
  assert.equal(count(answers, 201), 1)
  assert.equal(count(answers, 'seat_taken'), 999)
  for (const answer of answers.filter((each) => each.status === 409)) {
    assert.deepEqual(answer.body.taken, [7])
    assert.ok(answer.body.alternatives.length > 0)
  }
  await sound(world, minted)
})

test('200 parallel payments of one reservation with 200 keys: one payment, money moves once', async () => {
  const showId = await world.onSale()
  const [fan] = await world.fans(1)
  assert.ok(fan)
  const { reservationId } = await reserved(world, fan, showId, [1, 2])
  const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => world.send('POST', '/api/payments', { token: fan.token, key: `pay-${i}`, body: { reservationId } })))
  assert.equal(answers.filter((answer) => answer.body.status === 'completed').length, 1)
  assert.equal(count(answers, 'payment_in_progress') + count(answers, 'already_paid'), 199)
  await sound(world, minted)
  assert.equal((await world.send('GET', '/api/me', { token: fan.token })).body.balance, 1_000_000 - 204_000)
})

test('200 parallel payments with one key are one payment, and each is told so', async () => {
  const showId = await world.onSale()
  const [fan] = await world.fans(1)
  assert.ok(fan)
  const { reservationId } = await reserved(world, fan, showId, [1])
  const answers = await Promise.all(Array.from({ length: 200 }, () => world.send('POST', '/api/payments', { token: fan.token, key: 'same', body: { reservationId } })))
  assert.equal(new Set(answers.map((answer) => answer.body.id)).size, 1)
  await sound(world, minted)
  const again = await world.send('POST', '/api/payments', { token: fan.token, key: 'same', body: { reservationId } })
  assert.equal(again.body.status, 'completed')
})

test('200 parallel top-ups with one key: one transfer', async () => {
  const [fan] = await world.fans(1, 0)
  assert.ok(fan)
  const answers = await Promise.all(Array.from({ length: 200 }, () => world.send('POST', '/api/wallet/top-ups', { token: fan.token, key: 'once', body: { amount: 5_000 } })))
  await world.settle()
  assert.equal(new Set(answers.map((answer) => answer.body.id)).size, 1)
  assert.equal((await world.db.rows(sql`select 1 from wallet.transfers where ref = ${answers[0]?.body.id}`)).length, 1)
  assert.equal((await world.send('GET', '/api/me', { token: fan.token })).body.balance, 5_000)
})

test('100 parallel holds by one user: never above the limit', async () => {
  const showId = await world.onSale({ rows: 10, ticketsPerUserMax: 4 })
  const [fan] = await world.fans(1)
  assert.ok(fan)
  const pass = await world.passOf(fan, showId)
  const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => world.send('POST', `/api/shows/${showId}/holds`, { token: fan.token, pass, key: randomUUID(), body: { seatIds: [i + 1] } })))
  assert.equal(count(answers, 201), 4)
  assert.equal(count(answers, 'quota_exceeded'), 96)
  await sound(world, minted)
})

test('50 parallel cancellations of one seat with 50 keys: one refund', async () => {
  const showId = await world.onSale()
  const [fan] = await world.fans(1)
  assert.ok(fan)
  const { reservationId } = await reserved(world, fan, showId, [1, 2])
  await world.send('POST', '/api/payments', { token: fan.token, body: { reservationId } })
  const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => world.send('POST', `/api/reservations/${reservationId}/cancellations`, { token: fan.token, key: `c${i}`, body: { seatIds: [1] } })))
  assert.equal(count(answers, 201), 1)
  assert.equal(count(answers, 'line_cancelled'), 49)
  await sound(world, minted)
  assert.equal((await world.send('GET', '/api/me', { token: fan.token })).body.balance, 1_000_000 - 102_000)
})

test('paying, releasing, swapping, extending and cancelling the same seats at once leaves one whole outcome', async () => {
  for (let round = 0; round < 10; round++) {
    const showId = await world.onSale()
    const [fan] = await world.fans(1)
    assert.ok(fan)
    const { pass, hold, reservationId } = await reserved(world, fan, showId, [1, 2])
    const own = { token: fan.token }
    await Promise.all([
      world.send('POST', '/api/payments', { ...own, body: { reservationId } }),
      world.send('DELETE', `/api/holds/${hold.id}`, own),
      world.send('POST', `/api/shows/${showId}/holds`, { ...own, pass, body: { seatIds: [3, 4], replaces: hold.id } }),
      world.send('POST', `/api/holds/${hold.id}/extend`, own),
      world.send('DELETE', `/api/reservations/${reservationId}`, own),
    ])
    await world.advance(1_000)
    const { status } = (await world.send('GET', `/api/reservations/${reservationId}`, own)).body
    const { balance } = (await world.send('GET', '/api/me', own)).body
    assert.ok(['confirmed', 'cancelled', 'expired', 'pending'].includes(status), status)
    assert.equal(balance, status === 'confirmed' ? 796_000 : 1_000_000, status)
    await sound(world, minted)
  }
})

test('300 parallel joins of one user from many devices: one place', async () => {
  const showId = await world.onSale()
  const [fan] = await world.fans(1)
  assert.ok(fan)
  const answers = await Promise.all(Array.from({ length: 300 }, () => world.send('POST', `/api/shows/${showId}/queue`, { token: fan.token, body: {} })))
  assert.equal(new Set(answers.map((answer) => answer.body.number)).size, 1)
  assert.equal(count(answers, 201), 1)
  assert.equal(count(answers, 200), 299)
})
