import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, beforeEach, test } from 'node:test'
import sql from 'sql-template-tag'
import { another, balanceOf, pay, refused, reservationOf, reserved, signInAgain, sound } from './steps.ts'
import { must, openSystem, type Person, type TestSystem } from './system.ts'

let world: TestSystem
before(async () => {
  world = await openSystem()
})
beforeEach(() => signInAgain(world))
after(() => world.close())

const bought = async (fan: Person, showId: string, seatIds: number[]) => {
  const { reservationId } = await reserved(world, fan, showId, seatIds)
  const payment = await must(pay(world, fan, reservationId))
  return { reservationId, paymentId: payment.body.id as string }
}

test('B2: what is paid is confirmed: payment, reservation, seats and wallet say the same', async () => {
  const showId = await world.onSale()
  const [fan] = (await world.fans(1)) as [Person]
  const { reservationId } = await bought(fan, showId, [1, 2])
  assert.equal((await reservationOf(world, fan, reservationId)).status, 'confirmed')
  assert.equal(await balanceOf(world, fan), 1_000_000 - 204_000)
  const seats = await world.db.rows(sql`select reservation_id as "reservationId" from seat.seats where show_id = ${showId} and status = 3 order by id`)
  assert.deepEqual(seats, [{ reservationId }, { reservationId }])
  await sound(world)
})

test('B3: everybody who needs a piece of news gets it, with two processes on one bus: the seat is free and the money is back', async () => {
  const showId = await world.onSale()
  const fans = await world.fans(4)
  const other = await another(world)
  for (const [index, fan] of fans.entries()) {
    const { reservationId } = await bought(fan, showId, [index + 1])
    await must((index % 2 ? other : world).send('DELETE', `/api/reservations/${reservationId}`, { token: fan.token }))
  }
  await Promise.all([world.settle(), other.settle()])
  await other.leave()
  await world.settle()
  for (const fan of fans) assert.equal(await balanceOf(world, fan), 1_000_000)
  assert.equal((await world.db.rows(sql`select 1 from seat.seats where show_id = ${showId} and status <> 0`)).length, 0)
  await sound(world)
})

test('B8: every payment names its reservation, and each of its movements of money names it or its refund', async () => {
  const showId = await world.onSale()
  const [fan] = (await world.fans(1)) as [Person]
  const { reservationId, paymentId } = await bought(fan, showId, [1, 2])
  await must(world.send('POST', `/api/reservations/${reservationId}/cancellations`, { token: fan.token, body: { seatIds: [1] } }))
  await world.settle()
  const moved = await world.db.rows<{ kind: string; amount: number }>(sql`
    select t.kind, t.amount from payment.payments p
    join wallet.transfers t on t.ref = p.id or t.ref in (select r.cancellation_id from payment.refunds r where r.payment_id = p.id)
    where p.reservation_id = ${reservationId} and p.id = ${paymentId} order by t.id`)
  assert.deepEqual(moved, [{ kind: 'payment', amount: 204_000 }, { kind: 'refund', amount: 102_000 }])
  assert.equal((await world.db.rows(sql`select 1 from payment.payments where reservation_id = ${reservationId}`)).length, 1, 'a cancellation is no second payment')
})

test('B10: no amount but positive whole won is taken, and money comes only from a provider that approves', async () => {
  const [fan, victim] = (await world.fans(2, 5_000)) as [Person, Person]
  const topUp = (body: object) => world.send('POST', '/api/wallet/top-ups', { token: fan.token, body })
  for (const amount of [-1_000, 0, null, 0.5, '1000', 1e21, undefined]) assert.equal((await topUp({ amount })).body.code, 'request_invalid', `${amount}`)
  assert.equal((await topUp({ amount: 1_000, userId: victim.userId })).body.code, 'request_invalid')
  assert.equal((await topUp({ amount: 1_000, source: 'sandbox:decline' })).body.code, 'top_up_declined')
  assert.deepEqual([await balanceOf(world, fan), await balanceOf(world, victim)], [5_000, 5_000])
})

test('B12: adding, paying and refunding at one instant loses no change of the balance', async () => {
  const showId = await world.onSale()
  const [fan] = (await world.fans(1)) as [Person]
  const first = await bought(fan, showId, [1])
  const second = await reserved(world, fan, showId, [2])
  const other = await another(world)
  await Promise.all([
    must(pay(other, fan, second.reservationId)),
    must(world.send('DELETE', `/api/reservations/${first.reservationId}`, { token: fan.token })).then(() => world.settle()),
    ...Array.from({ length: 10 }, (_, index) => must((index % 2 ? other : world).send('POST', '/api/wallet/top-ups', { token: fan.token, key: `t${index}`, body: { amount: 1_000 } }))),
  ])
  await world.settle()
  await other.close()
  assert.equal(await balanceOf(world, fan), 1_000_000 - 102_000 + 10_000)
  await sound(world)
})

test('B13: one user has one wallet, however many first uses come at once', async () => {
  const [fan] = (await world.fans(1, 0)) as [Person]
  const other = await another(world)
  await Promise.all(Array.from({ length: 50 }, (_, index) => must((index % 2 ? other : world).send('POST', '/api/wallet/top-ups', { token: fan.token, key: `w${index}`, body: { amount: 100 } }))))
  await other.close()
  assert.equal((await world.db.rows(sql`select 1 from wallet.accounts where kind = 'wallet' and owner = ${fan.userId}`)).length, 1)
  await assert.rejects(world.db.rows(sql`insert into wallet.accounts (kind, owner) values ('wallet', ${fan.userId})`), { code: refused.unique })
  assert.equal(await balanceOf(world, fan), 5_000)
})

test('B15: sums beyond 32 bits are kept, no wallet goes below zero, every movement has two sides', async () => {
  const [fan] = (await world.fans(1, 0)) as [Person]
  for (let index = 0; index < 300; index++) await world.system.api.wallet.topUp({ topUpId: randomUUID(), userId: fan.userId, amount: 10_000_000 })
  assert.equal(await balanceOf(world, fan), 3_000_000_000)
  await assert.rejects(world.db.rows(sql`update wallet.accounts set balance = -1 where owner = ${fan.userId}`), { code: refused.check })
  const [books] = await world.db.rows<{ sum: number; lonely: number }>(sql`
    select (select sum(balance)::bigint from wallet.accounts) as sum,
      (select count(*)::int from wallet.transfers where debit is null or credit is null or debit = credit) as lonely`)
  assert.deepEqual([Number(books?.sum), books?.lonely], [0, 0])
})
