import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import sql, { raw, type Sql } from 'sql-template-tag'
import { serviceNames } from '../src/services.ts'
import type { Reader } from '../src/platform/database.ts'
import { createCrossChecks, crossChecks } from '../src/verify-cross.ts'
import { exportsFrom } from '../src/verify-exports.ts'
import { pay, reserved, sound, takeBusAway } from './steps.ts'
import { must, openSystem, type Person, type TestSystem } from './system.ts'

let world: TestSystem
let fan: Person
let showId: string
let reservationId: string
let paymentId: string
const planted = new Set<string>()

before(async () => {
  world = await openSystem()
  showId = await world.onSale()
  fan = (await world.fans(1))[0] as Person
  reservationId = (await reserved(world, fan, showId, [1, 2])).reservationId
  paymentId = (await must(pay(world, fan, reservationId))).body.id
  await must(world.send('POST', `/api/reservations/${reservationId}/cancellations`, { token: fan.token, body: { seatIds: [2] } }))
  await world.settle()
})
after(() => world.close())

const foundBy = async (name: string) => {
  const { violations, errors } = await world.verify()
  assert.deepEqual(errors, [])
  return violations.filter((violation) => violation.name.startsWith(name)).length
}

/** Plants a violation, looks, and takes it back: the check finds it, and nothing is found before and after. */
async function assertFound(name: string, plant: Sql, takeBack: Sql) {
  planted.add(name)
  await sound(world)
  await world.db.rows(plant)
  try {
    assert.equal(await foundBy(name), 1, name)
  } finally {
    await world.db.rows(takeBack)
  }
  await sound(world)
}

const soldOnce = 'a seat is sold exactly when'

test('a seat that is sold to nobody, to another than its line says, or not at all is found across services', async () => {
  const seat = sql`show_id = ${showId} and id = 1`
  await assertFound(soldOnce, sql`update seat.seats set reservation_id = ${randomUUID()} where ${seat}`, sql`update seat.seats set reservation_id = ${reservationId} where ${seat}`)
  await assertFound(soldOnce, sql`update reservation.lines set status = 'cancelled' where reservation_id = ${reservationId} and seat_id = 1`, sql`update reservation.lines set status = 'active' where reservation_id = ${reservationId} and seat_id = 1`)
  await assertFound(soldOnce, sql`update seat.seats set status = 2 where ${seat}`, sql`update seat.seats set status = 3 where ${seat}`)
})

test('what was paid, less what came back, differs from the lines: found across services', async () => {
  const line = sql`reservation_id = ${reservationId} and seat_id = 1`
  await assertFound('what was paid less what was refunded', sql`update reservation.lines set price = price - 1 where ${line}`, sql`update reservation.lines set price = price + 1 where ${line}`)
  await assertFound('what was paid less what was refunded', sql`update payment.refunds set amount = amount - 1 where payment_id = ${paymentId}`, sql`update payment.refunds set amount = amount + 1 where payment_id = ${paymentId}`)
})

test('money that moved without its payment, or a payment without its money, is found across services', async () => {
  const name = 'a completed payment moved its amount once'
  const other = randomUUID()
  for (const kind of ['payment', 'refund']) {
    const [{ ref }] = (await world.db.rows<{ ref: string }>(sql`select ref from wallet.transfers where kind = ${kind} and (ref = ${paymentId} or kind = 'refund')`)) as [{ ref: string }]
    await assertFound(name, sql`update wallet.transfers set ref = ${other} where kind = ${kind} and ref = ${ref}`, sql`update wallet.transfers set ref = ${ref} where kind = ${kind} and ref = ${other}`)
  }
})

test('a purchase that belongs to two users is found across services', async () => {
  await assertFound('hold, reservation and payment', sql`update seat.holds set user_id = ${randomUUID()} where reservation_id = ${reservationId}`, sql`update seat.holds set user_id = ${fan.userId} where reservation_id = ${reservationId}`)
  await assertFound('hold, reservation and payment', sql`update payment.payments set user_id = ${randomUUID()} where id = ${paymentId}`, sql`update payment.payments set user_id = ${fan.userId} where id = ${paymentId}`)
})

test('seats held with a pass that the queue never issued are found across services', async () => {
  const quota = sql`show_id = ${showId} and user_id = ${fan.userId}`
  await assertFound('nobody held seats with a pass', sql`update seat.quotas set last_pass_held = last_pass_held + 1 where ${quota}`, sql`update seat.quotas set last_pass_held = last_pass_held - 1 where ${quota}`)
})

test('news that waits for more than a minute, or is parked, is found in every service', async () => {
  const key = randomUUID()
  const old = new Date(world.time.now - 61_000)
  for (const service of serviceNames) {
    const of = raw(`"${service}"`)
    const bringBusBack = await takeBusAway(world)
    await assertFound(`nothing waits in the outbox of ${service} `, sql`
      insert into ${of}.outbox (key, version, slot, name, data, occurred_at) values (${key}, 1, 0, 'show.nothing', '{}', ${old})`, sql`delete from ${of}.outbox where key = ${key}`)
    await bringBusBack()
    await assertFound(`nothing waits in the outbox of ${service} `, sql`
      insert into ${of}.parked (producer, key, version, name, data, occurred_at, error, parked_at)
      values ('seat', ${key}, 1, 'seat.stock', '{}', ${old}, 'planted', ${old})`, sql`delete from ${of}.parked where key = ${key}`)
  }
})

test('the checks between services read a bounded page at a time and say the same whatever its size', async () => {
  const manyId = await world.onSale()
  const fans = await world.fans(5)
  for (const [index, person] of fans.entries()) await must(pay(world, person, (await reserved(world, person, manyId, [index + 1])).reservationId))
  await world.settle()
  const users = sql`any(${fans.slice(1).map(({ userId }) => userId)}::uuid[])`
  const most = { rows: 0 }
  const counting: Reader = { rows: async <T>(query: Sql) => {
    const rows = await world.db.rows<T>(query)
    most.rows = Math.max(most.rows, rows.length)
    return rows
  } }
  const found = async (pageMax: number) => Promise.all(createCrossChecks(pageMax).map((check) => check.compare(exportsFrom(() => counting), world.time.now)))
  const plant = async (sign: 1 | -1) => {
    const nobody = sign > 0 ? randomUUID() : null
    await world.db.rows(sql`update seat.seats set reservation_id = ${nobody}, hold_id = ${nobody}, status = ${sign > 0 ? 3 : 0} where show_id = ${manyId} and id > 12`)
    await world.db.rows(sql`update payment.payments set amount = amount - ${sign}::int where user_id = ${users}`)
    await world.db.rows(sql`update seat.quotas set last_pass_held = last_pass_held + ${sign}::int where user_id = ${users}`)
  }
  await plant(1)
  const whole = await found(10_000)
  assert.deepEqual(whole.map((rows) => rows.length), [8, 4, 4, 0, 4, ...serviceNames.map(() => 0)])
  assert.ok(most.rows >= 40)
  for (const pageMax of [1, 2, 3, 7, 20]) {
    most.rows = 0
    assert.deepEqual(await found(pageMax), whole, `pages of ${pageMax}`)
    assert.equal(most.rows, pageMax)
  }
  await plant(-1)
  await sound(world)
})

test('every check across services has a planted violation here', () => {
  assert.ok(planted.size > 0)
  for (const { name } of crossChecks) assert.equal([...planted].filter((start) => name.startsWith(start)).length, 1, name)
})
