import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { seeded } from '../src/crowd/random.ts'
import { UnknownOutcome } from '../src/platform/outcome.ts'
import { another, balanceOf, hold, passesOf, passTime, pay, reservationOf, reserve, reserved, signInAgain, sound, takeBusAway } from './steps.ts'
import { must, openSystem, type Person, type TestSystem } from './system.ts'

let world: TestSystem
before(async () => {
  world = await openSystem()
})
after(() => world.close())

const holdMs = 300_000
const graceMs = 500
const nobodyDrives = () => world.db.rows(sql`update payment.payments set next_at = ${new Date(world.time.now + 3_600_000)} where status = 'pending'`)
const somebodyDrives = () => world.db.rows(sql`update payment.payments set next_at = ${new Date(world.time.now)} where status = 'pending'`)

test('a payment that stops after any of its steps keeps its seats past every clock, and ends paid', async () => {
  const steps = ['seat.pin', 'reservation.pin', 'wallet.debit', 'seat.sell', 'reservation.confirm']
  const showId = await world.onSale()
  const fans = await world.fans(steps.length)
  let stop = ''
  const stopping = await another(world, { step: (kind, name) => {
    if (kind === 'call' && name === stop) throw new UnknownOutcome(`stopped after ${name}`)
  } })
  const bought: string[] = []
  for (const [index, fan] of fans.entries()) {
    const { reservationId } = await reserved(world, fan, showId, [2 * index + 1, 2 * index + 2])
    stop = steps[index] as string
    assert.equal((await pay(stopping, fan, reservationId)).body.status, 'pending', `stopped after ${stop}`)
    bought.push(reservationId)
  }
  await stopping.close()
  await nobodyDrives()
  await passTime(world, holdMs + 10_000)

  const [rival] = (await world.fans(1)) as [Person]
  const pass = await world.passOf(rival, showId)
  for (let seatId = 1; seatId <= 2 * fans.length; seatId++) assert.equal((await hold(world, rival, showId, [seatId], { pass })).body.code, 'seat_taken', `seat ${seatId}`)
  await somebodyDrives()
  await world.settle()
  for (const [index, fan] of fans.entries()) {
    assert.equal((await reservationOf(world, fan, bought[index] as string)).status, 'confirmed', `stopped after ${steps[index]}`)
    assert.equal(await balanceOf(world, fan), 1_000_000 - 204_000)
  }
  await sound(world)
})

test('a bus that stays away longer than every deadline frees no paid seat and loses no news', async () => {
  await signInAgain(world)
  const showId = await world.onSale()
  const [fan, rival] = (await world.fans(2)) as [Person, Person]
  const { reservationId } = await reserved(world, fan, showId, [1, 2])
  const [, pass] = await passesOf(world, [fan, rival], showId)
  const bringBusBack = await takeBusAway(world)
  assert.equal((await pay(world, fan, reservationId)).body.status, 'completed')
  await passTime(world, holdMs + 10_000)
  assert.ok((await world.db.rows(sql`select 1 from reservation.outbox where name = 'reservation.confirmed'`)).length > 0, 'the news is still waiting')
  assert.equal((await hold(world, rival, showId, [1], { pass })).body.code, 'seat_taken')
  await bringBusBack()
  await sound(world)
  assert.equal((await reservationOf(world, fan, reservationId)).status, 'confirmed')
})

test('nobody takes over a hold past its end: seats and quota come back together, by the sweep', async () => {
  await signInAgain(world)
  const showId = await world.onSale()
  const [fan, rival] = (await world.fans(2)) as [Person, Person]
  const [pass, rivalPass] = await passesOf(world, [fan, rival], showId)
  await must(hold(world, fan, showId, [1, 2, 3, 4], { pass }))
  await passTime(world, holdMs + graceMs - 1)
  assert.equal((await hold(world, rival, showId, [1, 2], { pass: rivalPass })).body.code, 'seat_taken', 'past its until, not yet swept')
  assert.equal((await hold(world, fan, showId, [5], { pass })).body.code, 'quota_exceeded', 'the quota is still full, too')
  await world.advance(1)
  assert.equal((await hold(world, rival, showId, [1, 2], { pass: rivalPass })).status, 201)
  assert.equal((await hold(world, fan, showId, [5, 6, 7, 8], { pass })).status, 201, 'the whole quota is free again')
  await sound(world)
})

test('two processes grant overlapping holds in any order: all seats of a hold or none, and no deadlock', async () => {
  const showId = await world.onSale({ rows: 3 })
  const fans = await world.fans(30, 0)
  const passes = await passesOf(world, fans, showId)
  const processes = [world, await another(world)] as const
  const random = seeded(7)
  const someSeats = () => [...new Set(Array.from({ length: 4 }, () => 1 + Math.floor(random() * 30)))]
  const seen = new Set<string | number>()
  for (let round = 0; round < 8; round++) {
    const asked = await Promise.all(fans.flatMap((fan, index) => processes.map(async (each) => ({ fan, answer: await hold(each, fan, showId, someSeats(), { pass: passes[index] }) }))))
    for (const { answer } of asked) seen.add(answer.status === 201 ? 201 : answer.body.code)
    const torn = await world.db.rows(sql`
      select h.id from seat.holds h left join seat.seats s on s.show_id = h.show_id and s.hold_id = h.id
      where h.show_id = ${showId} and h.ended_reason is null group by h.id
      having array_agg(s.id order by s.id) is distinct from (select array_agg(x order by x) from unnest(h.seat_ids) x)`)
    assert.deepEqual(torn, [], 'holds without all their seats')
    const held = asked.filter(({ answer }) => answer.status === 201)
    const ends = await Promise.all(held.map(({ fan, answer }, i) => (processes[i % 2] ?? world).send('DELETE', `/api/holds/${answer.body.id}`, { token: fan.token })))
    for (const { status } of ends) assert.equal(status, 204)
  }
  await processes[1].close()
  assert.deepEqual([...seen].filter((answer) => ![201, 'seat_taken', 'quota_exceeded', 'hold_exists'].includes(answer as string)), [])
  assert.ok(seen.has(201) && seen.has('seat_taken'), 'there was contention')
  await sound(world)
})

test('a refused hold is not remembered: the same key takes the seats once they are free', async () => {
  const showId = await world.onSale()
  const [fan, rival] = (await world.fans(2)) as [Person, Person]
  const [pass, rivalPass] = await passesOf(world, [fan, rival], showId)
  const first = await must(hold(world, rival, showId, [1, 2], { pass: rivalPass }))
  assert.equal((await hold(world, fan, showId, [2, 3], { pass, key: 'one' })).body.code, 'seat_taken')
  await must(world.send('DELETE', `/api/holds/${first.body.id}`, { token: rival.token }))
  const again = await hold(world, fan, showId, [2, 3], { pass, key: 'one' })
  assert.equal(again.status, 201, 'a seat that is given back is on sale at once: no job ran')
  assert.equal((await hold(world, fan, showId, [2, 3], { pass, key: 'one' })).body.id, again.body.id)
})

test('a lost answer asked for again at another process is the same hold, not a taken seat', async () => {
  const showId = await world.onSale()
  const [fan, rival] = (await world.fans(2)) as [Person, Person]
  const [pass, rivalPass] = await passesOf(world, [fan, rival], showId)
  const other = await another(world)
  await must(other.send('GET', `/api/shows/${showId}/seats`)) // its copy is from before
  const named = await must(hold(world, fan, showId, [1, 2], { pass, key: 'named' }))
  const best = await must(world.send('POST', `/api/shows/${showId}/holds/best`, { token: fan.token, pass, key: 'best', body: { quantity: 2 } }))
  assert.equal((await hold(other, fan, showId, [1, 2], { pass, key: 'named' })).body.id, named.body.id)
  assert.equal((await hold(other, fan, showId, [2, 1], { pass })).body.id, named.body.id, 'without a key: exactly what one holds is that hold')
  const again = await other.send('POST', `/api/shows/${showId}/holds/best`, { token: fan.token, pass, key: 'best', body: { quantity: 2 } })
  assert.deepEqual([again.status, again.body.id, again.body.seatIds], [201, best.body.id, best.body.seatIds])
  assert.equal((await hold(other, rival, showId, [1], { pass: rivalPass })).body.code, 'seat_taken')
  await other.close()
  await sound(world)
})

test('a process that has not heard of the cancelled show still grants nothing: no hold, no swap, no extension', async () => {
  const showId = await world.onSale()
  const [fan] = (await world.fans(1)) as [Person]
  const pass = await world.passOf(fan, showId)
  const held = await must(hold(world, fan, showId, [1], { pass }))
  const old = await another(world)
  await must(old.send('GET', `/api/shows/${showId}/seats`))
  await world.db.rows(sql`update seat.shows set status = 'closed' where show_id = ${showId}`)
  const before = await world.db.rows(sql`select id, status, hold_id, version from seat.seats where show_id = ${showId} order by id`)
  assert.equal((await hold(old, fan, showId, [2], { pass })).body.code, 'show_closed')
  assert.equal((await hold(old, fan, showId, [3], { pass, replaces: held.body.id })).body.code, 'show_closed')
  assert.equal((await old.send('POST', `/api/holds/${held.body.id}/extend`, { token: fan.token })).body.code, 'show_closed')
  assert.deepEqual(await world.db.rows(sql`select id, status, hold_id, version from seat.seats where show_id = ${showId} order by id`), before)
  await world.db.rows(sql`update seat.shows set status = 'open' where show_id = ${showId}`)
  await old.close()
  await sound(world)
})

test('while a payment waits for its bank nobody else touches its seats, the buyer included', async () => {
  const showId = await world.onSale()
  const [fan, rival] = [(await world.fans(1, 0))[0], (await world.fans(1))[0]] as [Person, Person]
  const { pass, hold: held, reservationId } = await reserved(world, fan, showId, [1, 2])
  const rivalPass = await world.passOf(rival, showId)
  const waiting = await pay(world, fan, reservationId, { key: 'pay', topUp: 204_000, source: 'sandbox:slow' })
  assert.equal(waiting.status, 202)
  assert.equal(Date.parse(waiting.body.until), world.time.now + 600_000, 'the one deadline: ten minutes for the bank')
  const own = { token: fan.token }
  for (const [what, answer] of Object.entries({
    release: await world.send('DELETE', `/api/holds/${held.id}`, own),
    extend: await world.send('POST', `/api/holds/${held.id}/extend`, own),
    swap: await hold(world, fan, showId, [3, 4], { pass, replaces: held.id }),
    'cancel the reservation': await world.send('DELETE', `/api/reservations/${reservationId}`, own),
    'cancel a line': await world.send('POST', `/api/reservations/${reservationId}/cancellations`, { ...own, body: { seatIds: [1] } }),
    'pay again': await pay(world, fan, reservationId, { key: 'other' }),
  })) assert.equal(answer.body.code, 'payment_in_progress', what)
  assert.equal((await hold(world, rival, showId, [1], { pass: rivalPass })).body.code, 'seat_taken')
  const block = await world.send('POST', `/api/shows/${showId}/blocks`, { token: world.operator.token, body: { seatIds: [1], reason: 'camera' } })
  assert.equal(block.body.code, 'seat_taken')
  await passTime(world, 6_000)
  assert.equal((await pay(world, fan, reservationId, { key: 'pay', topUp: 204_000, source: 'sandbox:slow' })).body.status, 'completed')
  await sound(world)
})

test('what the show page says follows its seats: open, all held until, all held, sold out, and open again', async () => {
  const showId = await world.onSale({ rows: 1, seats: 2 })
  const [fan] = (await world.fans(1, 0)) as [Person]
  const page = async () => (await must(world.send('GET', `/api/shows/${showId}`))).body
  assert.deepEqual((await page()).availability, { state: 'open' })
  const pass = await world.passOf(fan, showId)
  const held = await must(hold(world, fan, showId, [1, 2], { pass }))
  assert.deepEqual((await page()).availability, { state: 'all_held', earliestUntil: held.body.until })
  const reservation = await must(reserve(world, fan, held.body.id))
  await must(pay(world, fan, reservation.body.id, { topUp: 204_000, source: 'sandbox:slow' }))
  assert.deepEqual((await page()).availability, { state: 'all_held' }, 'a payment may still fail, at no known time')
  await passTime(world, 6_000)
  assert.deepEqual([(await page()).availability, (await page()).left], [{ state: 'sold_out' }, [{ grade: 'VIP', total: 2, available: 0 }]])
  await must(world.send('POST', `/api/reservations/${reservation.body.id}/cancellations`, { token: fan.token, body: { seatIds: [1] } }))
  await world.settle()
  assert.deepEqual([(await page()).availability, (await page()).left], [{ state: 'open' }, [{ grade: 'VIP', total: 2, available: 1 }]])
  await sound(world)
})
