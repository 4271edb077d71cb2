import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import sql from 'sql-template-tag'
import type { Database, Reader } from '../src/platform/database.ts'
import { UnknownOutcome } from '../src/platform/outcome.ts'
import { another, balanceOf, hold, passesOf, passTime, pay, reservationOf, reserve, reserved, signInAgain, sound, takeBusAway } from './steps.ts'
import { must, openSystem, type Person, type TestSystem } from './system.ts'

let world: TestSystem
before(async () => {
  world = await openSystem()
})
beforeEach(() => signInAgain(world))
after(() => world.close())

const driverLeaseMs = 10_000
const movedFor = (paymentId: string) => world.db.rows<{ amount: number }>(sql`select amount from wallet.transfers where kind = 'payment' and ref = ${paymentId}`)

test('the money is taken but the answer is lost: the payment ends paid and never says that the balance is too small', async () => {
  const showId = await world.onSale()
  const [fan] = (await world.fans(1, 102_000)) as [Person]
  const { reservationId } = await reserved(world, fan, showId, [1])
  let lost = 0
  const losing = await another(world, { step: (kind, name) => {
    if (kind === 'call' && name === 'wallet.debit' && lost++ === 0) throw new UnknownOutcome('the answer is lost')
  } })
  const first = await pay(losing, fan, reservationId, { key: 'pay' })
  assert.equal(first.body.status, 'pending')
  assert.equal(await balanceOf(world, fan), 0, 'the debit happened')
  await losing.close()
  await world.advance(driverLeaseMs + 1)
  const again = await pay(world, fan, reservationId, { key: 'pay' })
  assert.deepEqual([again.status, again.body.id, again.body.status], [201, first.body.id, 'completed'])
  assert.deepEqual(await movedFor(first.body.id), [{ amount: 102_000 }])
  await sound(world)
})

test('the first answer of the wallet is final: a top-up between a refusal and its writing down pays nothing by itself', async () => {
  const showId = await world.onSale()
  const [fan] = (await world.fans(1, 1_000)) as [Person]
  const { reservationId } = await reserved(world, fan, showId, [1])
  const doomed = await another(world, { db: deadBefore(world.db, /update payment\.payments p set amount/) })
  assert.equal((await pay(doomed, fan, reservationId, { key: 'pay' })).status, 500, 'the process ends before it can write the refusal')
  await doomed.close()
  await must(world.send('POST', '/api/wallet/top-ups', { token: fan.token, body: { amount: 200_000 } }))
  await world.advance(driverLeaseMs + 1)
  const refused = await pay(world, fan, reservationId, { key: 'pay' })
  assert.deepEqual([refused.status, refused.body.code, refused.body.missing], [402, 'balance_insufficient', 101_000])
  assert.deepEqual(await movedFor(refused.body.paymentId), [])
  assert.equal(await balanceOf(world, fan), 201_000)
  assert.equal((await reservationOf(world, fan, reservationId)).status, 'pending', 'seats and time stay the buyer\'s')
  const paid = await pay(world, fan, reservationId, { key: 'anew' })
  assert.equal(paid.body.status, 'completed')
  assert.equal(await balanceOf(world, fan), 99_000)
  await sound(world)
})

test('payments of the same buyers for many shows at one instant: each is taken once and every show gets its sum', async () => {
  const showIds = [await world.onSale(), await world.onSale(), await world.onSale(), await world.onSale()]
  const fans = await world.fans(4, 350_000)
  const due: { fan: Person; showId: string; reservationId: string }[] = []
  for (const showId of showIds) {
    const passes = await passesOf(world, fans, showId)
    for (const [index, fan] of fans.entries()) {
      const held = await must(hold(world, fan, showId, [index + 1], { pass: passes[index] }))
      due.push({ fan, showId, reservationId: (await must(reserve(world, fan, held.body.id))).body.id })
    }
  }
  const answers = await Promise.all(due.map(({ fan, reservationId }) => pay(world, fan, reservationId)))
  for (const fan of fans) {
    const own = answers.filter((_, index) => due[index]?.fan === fan)
    assert.equal(own.filter(({ body }) => body.status === 'completed').length, 3, 'the money is enough for three')
    assert.deepEqual(own.filter(({ status }) => status >= 400).map(({ body }) => [body.code, body.missing]), [['balance_insufficient', 58_000]])
    assert.equal(await balanceOf(world, fan), 350_000 - 3 * 102_000)
  }
  const sales = await world.db.rows<{ owner: string; balance: number }>(sql`select owner, balance from wallet.accounts where kind = 'sales' and owner = any(${showIds}::text[])`)
  for (const showId of showIds) {
    const sold = answers.filter(({ body }, index) => due[index]?.showId === showId && body.status === 'completed').length
    assert.equal(sales.find((account) => account.owner === showId)?.balance ?? 0, sold * 102_000)
  }
  await sound(world)
})

test('a show that is cancelled while a payment waits for its bank refunds that buyer whole, too', async () => {
  const showId = await world.onSale()
  const [fan] = (await world.fans(1, 0)) as [Person]
  const { reservationId } = await reserved(world, fan, showId, [1, 2])
  assert.equal((await pay(world, fan, reservationId, { key: 'pay', topUp: 204_000, source: 'sandbox:slow' })).status, 202)
  await must(world.send('POST', `/api/shows/${showId}/cancel`, { token: world.operator.token, body: { reason: 'illness' } }))
  await world.settle()
  assert.equal((await reservationOf(world, fan, reservationId)).status, 'paying', 'passed over while the payment runs')
  await passTime(world, 6_000)
  const ended = await reservationOf(world, fan, reservationId)
  assert.deepEqual([ended.status, ended.total], ['cancelled', 0])
  assert.equal((await pay(world, fan, reservationId, { key: 'pay', topUp: 204_000, source: 'sandbox:slow' })).body.refunded, 204_000)
  assert.equal(await balanceOf(world, fan), 204_000)
  await sound(world)
})

test('a line ends once, whoever ends it: buyer, organiser and the end of the show refund together what was paid', async () => {
  const showId = await world.onSale()
  const [fan] = (await world.fans(1)) as [Person]
  const { reservationId } = await reserved(world, fan, showId, [1, 2, 3, 4])
  const paid = await must(pay(world, fan, reservationId))
  const own = { token: fan.token }
  await must(world.send('POST', `/api/reservations/${reservationId}/cancellations`, { ...own, body: { seatIds: [1] } }))
  const both = await Promise.all([
    world.send('POST', `/api/reservations/${reservationId}/cancellations`, { ...own, body: { seatIds: [2, 3] } }),
    world.send('POST', `/api/shows/${showId}/refunds`, { token: world.operator.token, body: { reservationId, seatIds: [3], reason: 'broken chair' } }),
    world.send('POST', `/api/shows/${showId}/cancel`, { token: world.operator.token, body: { reason: 'illness' } }),
  ])
  assert.deepEqual(both.filter(({ status }) => status >= 300).map(({ body }) => [body.code, body.seatIds]), [['line_cancelled', [3]]])
  await world.settle()
  await world.advance(1_000)
  const refunds = await world.db.rows<{ amount: number }>(sql`select amount from payment.refunds where payment_id = ${paid.body.id}`)
  assert.equal(refunds.reduce((sum, refund) => sum + refund.amount, 0), 408_000)
  assert.equal(await balanceOf(world, fan), 1_000_000)
  await sound(world)
})

test('a reservation takes five payments; the sixth is refused, moves nothing and leaves the seats to their buyer', async () => {
  const showId = await world.onSale()
  const [fan] = (await world.fans(1, 0)) as [Person]
  const { hold: held, reservationId } = await reserved(world, fan, showId, [1])
  for (let n = 1; n <= 5; n++) assert.equal((await pay(world, fan, reservationId, { key: `n${n}` })).body.code, 'balance_insufficient')
  const sixth = await pay(world, fan, reservationId, { key: 'n6', topUp: 102_000 })
  assert.deepEqual([sixth.status, sixth.body.code], [409, 'payment_attempts_used'])
  assert.equal(await balanceOf(world, fan), 0)
  assert.equal((await world.send('DELETE', `/api/holds/${held.id}`, { token: fan.token })).status, 204)
  await world.settle()
  assert.equal((await reservationOf(world, fan, reservationId)).status, 'cancelled')
  await sound(world)
})

test('a purchase is the buyer\'s, not the device\'s: another session extends, reserves, pays and cancels without a pass', async () => {
  const showId = await world.onSale()
  const login = { email: 'two-devices@test.example', password: 'a good password' }
  const userId = await world.system.userService.ensureUser({ ...login, name: '두 기기', role: 'buyer' })
  await must(world.send('POST', '/api/wallet/top-ups', { token: (await world.signIn(login.email, login.password)).token, body: { amount: 300_000 } }))
  const [phone, desk] = [await world.signIn(login.email, login.password), await world.signIn(login.email, login.password)]
  assert.deepEqual([phone.userId, desk.userId], [userId, userId])
  const pass = await world.passOf(phone, showId)
  const held = await must(hold(world, phone, showId, [1, 2], { pass }))
  assert.equal((await hold(world, desk, showId, [3], { pass })).body.code, 'pass_invalid', 'only the pass belongs to the session')
  assert.equal((await world.send('POST', `/api/holds/${held.body.id}/extend`, { token: desk.token })).status, 200)
  const reservation = await must(reserve(world, desk, held.body.id))
  assert.equal((await pay(world, desk, reservation.body.id)).body.status, 'completed')
  assert.equal((await world.send('POST', `/api/reservations/${reservation.body.id}/cancellations`, { token: desk.token, body: { seatIds: [1] } })).body.refund, 102_000)
  await sound(world)
})

test('each event of a reservation or payment takes the next version, and the outbox keeps their order', async () => {
  const showId = await world.onSale()
  const [fan] = (await world.fans(1)) as [Person]
  const { reservationId } = await reserved(world, fan, showId, [1, 2, 3])
  const bringBusBack = await takeBusAway(world)
  await must(pay(world, fan, reservationId))
  for (const seatId of [1, 2, 3]) await must(world.send('POST', `/api/reservations/${reservationId}/cancellations`, { token: fan.token, body: { seatIds: [seatId] } }))
  const told = await world.db.rows<{ name: string; version: number; slot: number }>(sql`select name, version, slot from reservation.outbox where key = ${reservationId} order by id`)
  assert.deepEqual(told.map(({ name, version }) => [name, version]), [
    ['reservation.confirmed', 1], ['reservation.cancelled', 2], ['reservation.cancelled', 3], ['reservation.cancelled', 4],
  ])
  assert.equal(new Set(told.map(({ slot }) => slot)).size, 1, 'one key, one slot')
  await bringBusBack()
  await sound(world)
  assert.equal(await balanceOf(world, fan), 1_000_000, 'several refunds of one payment')
})

/** A database whose process dies just before the first statement of this form. */
function deadBefore(db: Database, form: RegExp): Database {
  let isDead = false
  const mortal = (reader: Reader): Reader['rows'] => async (query) => {
    isDead ||= form.test(query.text)
    if (isDead) throw new Error('the process is dead')
    return reader.rows(query)
  }
  return { ...db, rows: mortal(db), transaction: (work) => db.transaction((tx) => work({ ...tx, rows: mortal(tx) })) }
}

test('payments that cannot succeed do not keep seats for ever: after the fifth one the hold runs out', async () => {
  const showId = await world.onSale()
  const [fan] = (await world.fans(1, 0)) as [Person]
  const { reservationId } = await reserved(world, fan, showId, [1])
  for (let used = 0; used < 5; used++) assert.equal((await pay(world, fan, reservationId, { key: `${used}` })).body.code, 'balance_insufficient')
  for (let more = 0; more < 6; more++) {
    const answer = await pay(world, fan, reservationId, { key: `more-${more}` })
    assert.match(answer.body.code, more < 3 ? /payment_attempts_used/ : /payment_attempts_used|hold_expired|reservation_ended/)
    await passTime(world, 100_000)
  }
  assert.equal((await reservationOf(world, fan, reservationId)).status, 'expired')
  assert.equal((await pay(world, fan, reservationId, { key: '4' })).body.code, 'balance_insufficient', 'what was answered stays the answer')
  await sound(world)
})

test('a bank that approved while the server was away pays the purchase, though the buyer asks before the wallet does', async () => {
  const showId = await world.onSale()
  const [fan] = (await world.fans(1, 0)) as [Person]
  const { reservationId } = await reserved(world, fan, showId, [1])
  const ask = { key: 'late', topUp: 102_000, source: 'sandbox:late' }
  assert.equal((await pay(world, fan, reservationId, ask)).status, 202)
  await world.settle()
  world.time.now += 20 * 60_000
  const restarted = await another(world)
  const repeated = await pay(restarted, fan, reservationId, ask)
  assert.ok(repeated.status < 300, `${repeated.status} ${repeated.body.code}`)
  await restarted.settle()
  await restarted.advance(6_000)
  assert.equal((await pay(restarted, fan, reservationId, ask)).body.status, 'completed')
  assert.equal(await balanceOf(restarted, fan), 0)
  await restarted.leave()
  await sound(world)
})
