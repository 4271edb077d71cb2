import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, beforeEach, test } from 'node:test'
import sql, { raw } from 'sql-template-tag'
import { another, balanceOf, hold, passTime, pay, refused, reservationOf, reserve, reserved, signInAgain, sound, takeBusAway } from './steps.ts'
import { must, openSystem, type Person, type TestSystem } from './system.ts'

let world: TestSystem
before(async () => {
  world = await openSystem()
})
beforeEach(() => signInAgain(world))
after(() => world.close())

const statusOf = async (showId: string, seatId: number) =>
  (await world.db.rows<{ status: number }>(sql`select status from seat.seats where show_id = ${showId} and id = ${seatId}`))[0]?.status
const available = 0
const held = 1
const sold = 3
const holdMs = 300_000

test('A1: only who holds the seats can reserve them: not a rival, not with an unknown hold, not after its end', async () => {
  const showId = await world.onSale()
  const [holder, ...rivals] = (await world.fans(21)) as [Person, ...Person[]]
  const seats = await must(hold(world, holder, showId, [1], { pass: await world.passOf(holder, showId) }))
  const answers = await Promise.all(rivals.map((rival) => reserve(world, rival, seats.body.id)))
  assert.deepEqual(new Set(answers.map(({ status, body }) => `${status} ${body.code}`)), new Set(['404 hold_unknown']))
  assert.equal((await reserve(world, rivals[0] as Person, randomUUID())).status, 404)
  await passTime(world, holdMs + 2_000)
  const late = await reserve(world, holder, seats.body.id)
  assert.deepEqual([late.status, late.body.code], [409, 'hold_ended'])
  assert.equal((await world.db.rows(sql`select 1 from reservation.reservations where show_id = ${showId} and ended_at is null`)).length, 0)
  await sound(world)
})

test('A2, A5: that a seat is sold once is kept by the database itself, whatever the code forgets', async () => {
  const showId = await world.onSale()
  const [first, second] = (await world.fans(2)) as [Person, Person]
  const mine = await reserved(world, first, showId, [1])
  const theirs = await reserved(world, second, showId, [2])
  for (const [fan, { reservationId }] of [[first, mine], [second, theirs]] as const) await must(pay(world, fan, reservationId))
  await assert.rejects(world.db.rows(sql`update reservation.lines set seat_id = 1 where reservation_id = ${theirs.reservationId}`), { code: refused.unique })
  await assert.rejects(world.db.rows(sql`
    insert into seat.seats (show_id, id, section, row_name, number, grade, kind) select show_id, 999, section, row_name, number, grade, kind
    from seat.seats where show_id = ${showId} and id = 1`), { code: refused.unique })
  await assert.rejects(world.db.rows(sql`
    insert into seat.pins (payment_id, reservation_id, user_id, show_id, seat_ids, status, pinned_at)
    select ${randomUUID()}, reservation_id, user_id, show_id, seat_ids, 'pinned', pinned_at from seat.pins where reservation_id = ${mine.reservationId}`), { code: refused.unique })
  await assert.rejects(world.db.rows(sql`update seat.quotas set seats = seats_max + 1 where show_id = ${showId} and user_id = ${first.userId}`), { code: refused.check })
  await sound(world)
})

test('A3, A4: two processes want one seat at one instant, a hundred times: one gets it, and can reserve and pay it', async () => {
  const showId = await world.onSale({ rows: 10, ticketsPerUserMax: 50 })
  const [one, two] = (await world.fans(2, 9_000_000)) as [Person, Person]
  const passes = [await world.passOf(one, showId), await world.passOf(two, showId)]
  const other = await another(world)
  const winners: { fan: Person; holdId: string }[] = []
  for (let seatId = 1; seatId <= 100; seatId++) {
    const answers = await Promise.all([hold(world, one, showId, [seatId], { pass: passes[0] }), hold(other, two, showId, [seatId], { pass: passes[1] })])
    const got = answers.map(({ status, body }) => (status === 201 ? 'held' : body.code))
    assert.ok(got.filter((each) => each === 'held').length <= 1, `${got}`)
    assert.ok(got.every((each) => ['held', 'seat_taken', 'quota_exceeded'].includes(each)), `${got}`)
    // nobody gets it only where a buyer has fifty already
    assert.ok(got.includes('held') || got.includes('quota_exceeded'), `${got}`)
    const index = got.indexOf('held')
    if (index >= 0) winners.push({ fan: index === 0 ? one : two, holdId: answers[index]?.body.id })
  }
  await other.close()
  assert.ok(winners.length >= 50)
  for (const { fan, holdId } of winners.slice(0, 10)) {
    const reservation = await must(reserve(world, fan, holdId))
    assert.equal((await must(pay(world, fan, reservation.body.id))).body.status, 'completed')
  }
  await sound(world)
})

test('A4: money added in two processes at once is all there, and each is told of its own', async () => {
  const [fan] = (await world.fans(1, 0)) as [Person]
  const other = await another(world)
  const answers = await Promise.all(Array.from({ length: 40 }, (_, index) =>
    (index % 2 ? other : world).send('POST', '/api/wallet/top-ups', { token: fan.token, key: `t${index}`, body: { amount: 1_000 } })))
  await other.close()
  assert.deepEqual(answers.map(({ status }) => status), answers.map(() => 201))
  assert.equal(await balanceOf(world, fan), 40_000)
})

test('A6: a double click does not give the seat back', async () => {
  const showId = await world.onSale()
  const [fan] = (await world.fans(1)) as [Person]
  const pass = await world.passOf(fan, showId)
  const clicks = await Promise.all([1, 2, 3].map(() => hold(world, fan, showId, [1], { pass, key: 'click' })))
  const withoutKey = await hold(world, fan, showId, [1], { pass })
  assert.equal(new Set([...clicks, withoutKey].map(({ body }) => body.id)).size, 1)
  assert.equal(await statusOf(showId, 1), held)
})

test('A7: who goes away keeps nothing from others: hold and unpaid reservation end by themselves', async () => {
  const showId = await world.onSale()
  const [gone, unpaid, buyer] = (await world.fans(3)) as [Person, Person, Person]
  await must(hold(world, gone, showId, [1], { pass: await world.passOf(gone, showId) }))
  const { reservationId } = await reserved(world, unpaid, showId, [2])
  await passTime(world, holdMs + 2_000)
  assert.deepEqual([await statusOf(showId, 1), await statusOf(showId, 2)], [available, available])
  assert.equal((await reservationOf(world, unpaid, reservationId)).status, 'expired')
  await reserved(world, buyer, showId, [1, 2])
  await sound(world)
})

test('A8: a reservation is not a sale: an unpaid one is held, a paid one is sold', async () => {
  const showId = await world.onSale()
  const [fan] = (await world.fans(1)) as [Person]
  const { reservationId } = await reserved(world, fan, showId, [1])
  assert.equal(await statusOf(showId, 1), held)
  assert.equal((await reservationOf(world, fan, reservationId)).status, 'pending')
  await must(pay(world, fan, reservationId))
  assert.equal(await statusOf(showId, 1), sold)
})

test('A9: news of a cancellation that comes late and again frees no seat that was sold to another since', async () => {
  const showId = await world.onSale()
  const [first, second] = (await world.fans(2)) as [Person, Person]
  const { reservationId } = await reserved(world, first, showId, [1])
  await must(pay(world, first, reservationId))
  await world.settle()
  const busIsBack = await takeBusAway(world)
  await must(world.send('DELETE', `/api/reservations/${reservationId}`, { token: first.token }))
  const news = await world.db.rows<{ count: number }>(sql`select count(*)::int as count from reservation.outbox where key = ${reservationId}`)
  assert.ok((news[0]?.count ?? 0) > 0)
  await world.db.rows(sql`create table public.kept_news as select * from reservation.outbox where key = ${reservationId}`)
  await busIsBack()
  await world.settle()
  assert.equal(await statusOf(showId, 1), available)
  const bought = await reserved(world, second, showId, [1])
  await must(pay(world, second, bought.reservationId))
  await world.settle()
  // the same news once more, to listeners that have forgotten what they heard
  for (const schema of ['seat', 'payment']) await world.db.rows(sql`delete from ${raw(schema)}.inbox where key = ${reservationId}`)
  await world.db.rows(sql`insert into reservation.outbox overriding system value select * from public.kept_news`)
  await world.db.rows(sql`drop table public.kept_news`)
  await world.settle()
  assert.equal((await world.db.rows(sql`select 1 from reservation.outbox`)).length, 0, 'it was delivered')
  const [owner] = await world.db.rows<{ status: number; reservationId: string }>(sql`select status, reservation_id as "reservationId" from seat.seats where show_id = ${showId} and id = 1`)
  assert.deepEqual(owner, { status: sold, reservationId: bought.reservationId })
  assert.equal(await balanceOf(world, first), 1_000_000, 'refunded once')
  await sound(world)
})

test('A10: a held seat without a holder cannot be written, so nobody falls over it', async () => {
  const showId = await world.onSale()
  for (const status of [held, 2, sold])
    await assert.rejects(world.db.rows(sql`update seat.seats set status = ${status}, hold_id = null where show_id = ${showId} and id = 1`), { code: refused.check })
})

test('A11: doubled, no and null seats, too many, before the sale and after its end are refused', async () => {
  const hour = 3_600_000
  const minute = 60_000
  const window = (opens: number, closes: number) => [{ name: '일반예매', opensAt: new Date(world.time.now + opens).toISOString(), closesAt: new Date(world.time.now + closes).toISOString(), audience: 'everyone', sections: null }]
  const showId = await world.onSale({ ticketsPerUserMax: 2 })
  const [fan] = (await world.fans(1)) as [Person]
  const pass = await world.passOf(fan, showId)
  const code = async (seatIds: unknown, show = showId) => (await hold(world, fan, show, seatIds as number[], { pass })).body.code
  for (const bad of [[1, 1], [], null, ['1'], [1.5], [0], [-1], [2 ** 31]]) assert.equal(await code(bad), 'request_invalid', JSON.stringify(bad))
  assert.equal(await code([1, 2, 3]), 'quota_exceeded')
  for (const holdIds of [[], null, [null]]) assert.equal((await world.send('POST', '/api/reservations', { token: fan.token, body: { holdIds } })).body.code, 'request_invalid')
  const early = await world.onSale({ windows: window(hour, 2 * hour) })
  assert.equal(await code([1], early), 'pass_invalid', 'a pass is of one show')
  const join = (show: string, person: Person) => world.send('POST', `/api/shows/${show}/queue`, { token: person.token, body: {} })
  assert.equal((await join(early, fan)).body.code, 'line_not_open')
  const closing = await world.onSale({ windows: window(-hour, minute) })
  await world.passOf(fan, closing)
  await passTime(world, minute + 1_000)
  const [late] = (await world.fans(1)) as [Person]
  assert.equal((await join(closing, late)).body.code, 'line_closed')
  assert.deepEqual([await statusOf(early, 1), await statusOf(closing, 1)], [available, available])
})

test('A12: a client cannot choose the status of seats, plan seats twice, or plan for a show that is not there', async () => {
  const by = { token: world.operator.token }
  const concert = await must(world.send('POST', '/api/concerts', { ...by, body: { title: '겹침', venue: '시험장', description: '' } }))
  const startsAt = world.time.now + 90 * 86_400_000
  const show = await must(world.send('POST', `/api/concerts/${concert.body.id}/shows`, { ...by, body: { startsAt: new Date(startsAt).toISOString(), endsAt: new Date(startsAt + 7_200_000).toISOString(), timeZone: 'Asia/Seoul' } }))
  const plan = (rows: object[]) => ({ sections: [{ name: 'A', kind: 'seated', grade: 'VIP', rows }] })
  const put = (id: string, rows: object[]) => world.send('PUT', `/api/shows/${id}/plan`, { ...by, body: plan(rows) })
  const doubled = await put(show.body.id, [{ name: '1', seats: 5 }, { name: '1', seats: 5 }])
  assert.deepEqual([doubled.status, doubled.body.code], [409, 'plan_invalid'])
  assert.equal((await put(show.body.id, [{ name: '1', seats: 5, status: 'sold' }])).status, 400)
  assert.equal((await put(randomUUID(), [{ name: '1', seats: 5 }])).status, 404)
  await must(put(show.body.id, [{ name: '1', seats: 5 }]))
})

test('A13: four seats or none, when one of them goes to a rival at the same instant', async () => {
  const showId = await world.onSale({ rows: 4 })
  const [group, rival] = (await world.fans(2)) as [Person, Person]
  const passes = [await world.passOf(group, showId), await world.passOf(rival, showId)]
  const other = await another(world)
  const row = [11, 12, 13, 14]
  const [four, one] = await Promise.all([hold(world, group, showId, row, { pass: passes[0] }), hold(other, rival, showId, [13], { pass: passes[1] })])
  await other.close()
  const statuses = await Promise.all(row.map((seatId) => statusOf(showId, seatId)))
  assert.equal([four, one].filter(({ status }) => status === 201).length, 1)
  assert.deepEqual(statuses, four.status === 201 ? [held, held, held, held] : [available, available, held, available])
  await sound(world)
})
