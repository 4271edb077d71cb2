import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { deadlines, extendMany, releaseMany, reserveMany } from './hold.ts'
import { pinMany, sellMany, unpinMany } from './pin.ts'
import { codeOf, granted, hallPlan, type HoldGround, openHoldGround } from './testing.ts'

let ground: HoldGround
before(async () => {
  ground = await openHoldGround()
})
after(async () => {
  await ground.assertSound()
  await ground.close()
})
const publish = (max = 4) => ground.publish(hallPlan, { ticketsPerUserMax: max })
const extend = async (userId: string, holdId: string) => (await extendMany(ground, [{ userId, holdId }]))[0]
const release = async (userId: string, holdId: string) => codeOf((await releaseMany(ground, [{ userId, holdId }]))[0])
const reserve = async (userId: string, holdIds: string[], reservationId: string = randomUUID()) =>
  (await reserveMany(ground, [{ reservationId, userId, holdIds }]))[0]
const endedOf = async (reservationId: string) => (await ground.events('seat.hold_ended')).filter((data) => data.reservationId === reservationId)
async function pin(userId: string, reservationId: string) {
  const payment = { paymentId: randomUUID(), reservationId, userId }
  assert.equal(codeOf((await pinMany(ground, [payment]))[0]), 'done')
  return payment
}

test('extend gives two minutes, ten times and 25 minutes in all', async () => {
  const showId = await publish()
  const userId = randomUUID()
  const hold = await ground.held(showId, [1], { userId })
  for (let n = 1; n <= 10; n++) {
    const longer = granted((await extend(userId, hold.id)) as typeof hold)
    assert.deepEqual([longer.until, longer.extensionsLeft], [hold.until + n * 120_000, 10 - n])
  }
  assert.equal(codeOf(await extend(userId, hold.id)), 'extension_limit')
  await ground.assertPictured(showId)
})

test('an extension whose answer was lost is given once, however often it is asked again', async () => {
  const showId = await publish()
  const userId = randomUUID()
  const hold = await ground.held(showId, [1], { userId })
  const [first, second] = [randomUUID(), randomUUID()]
  for (const extensionId of [first, first, second, first]) await extendMany(ground, [{ userId, holdId: hold.id, extensionId }])
  const [same, beside] = await extendMany(ground, [{ userId, holdId: hold.id, extensionId: second }, { userId, holdId: hold.id, extensionId: first }])
  for (const answer of [same, beside]) assert.equal(granted(answer as typeof hold).until, hold.until + 240_000)
})

test('extensions never reach beyond 25 minutes from the beginning', async () => {
  const showId = await publish()
  const userId = randomUUID()
  const hold = await ground.held(showId, [1], { userId })
  await ground.db.rows(sql`update seat.holds set until = until + interval '19 minutes' where id = ${hold.id}`)
  assert.equal(granted((await extend(userId, hold.id)) as typeof hold).until, ground.now() + 25 * 60_000)
  assert.equal(codeOf(await extend(userId, hold.id)), 'extension_limit')
})

test('extend refuses unknown, foreign, ended and pinned holds, offers, and closed shows', async () => {
  const showId = await publish()
  const userId = randomUUID()
  const [gone, hold] = [await ground.held(showId, [1], { userId }), await ground.held(showId, [2], { userId })]
  assert.equal(codeOf(await extend(userId, randomUUID())), 'hold_unknown')
  assert.equal(codeOf(await extend(randomUUID(), hold.id)), 'hold_unknown')
  await release(userId, gone.id)
  assert.equal(codeOf(await extend(userId, gone.id)), 'hold_ended')
  await ground.db.rows(sql`update seat.holds set kind = 'offer' where id = ${hold.id}`)
  assert.equal(codeOf(await extend(userId, hold.id)), 'extension_limit')
  await ground.db.rows(sql`update seat.holds set kind = 'ordinary' where id = ${hold.id}`)
  const reservationId = randomUUID()
  await reserve(userId, [hold.id], reservationId)
  const payment = await pin(userId, reservationId)
  assert.equal(codeOf(await extend(userId, hold.id)), 'payment_in_progress')
  await unpinMany(ground, [payment])
  await ground.db.rows(sql`update seat.shows set status = 'closed' where show_id = ${showId}`)
  assert.equal(codeOf(await extend(userId, hold.id)), 'show_closed')
})

test('holds bound together are extended together', async () => {
  const showId = await publish()
  const userId = randomUUID()
  const one = await ground.held(showId, [1], { userId })
  ground.clock.now += 30_000
  const two = await ground.held(showId, [2], { userId })
  await reserve(userId, [one.id, two.id])
  await extend(userId, one.id)
  assert.deepEqual([(await ground.row(one.id)).until, (await ground.row(two.id)).until], [two.until + 120_000, two.until + 120_000])
})

test('release frees the seats and the quota, is done when repeated, and nobody else can', async () => {
  const showId = await publish()
  const userId = randomUUID()
  const hold = await ground.held(showId, [1, 2], { userId })
  assert.equal(await release(randomUUID(), hold.id), 'hold_unknown')
  const input = { userId, holdId: hold.id }
  assert.deepEqual((await releaseMany(ground, [input, { ...input }, { userId, holdId: randomUUID() }])).map(codeOf), ['done', 'done', 'hold_unknown'])
  assert.equal(await release(userId, hold.id), 'done')
  assert.deepEqual((await ground.statuses(showId)).slice(0, 2), [0, 0])
  assert.equal((await ground.quotaOf(showId, userId))?.seats, 0)
  assert.equal((await ground.events('seat.hold_ended')).filter((data) => data.userId === userId).length, 0)
  await ground.assertPictured(showId)
})

test('releasing a bound hold ends its reservation and all holds of it; a pinned one stays; a bought one is none', async () => {
  const showId = await publish()
  const userId = randomUUID()
  const [one, two] = [await ground.held(showId, [1], { userId }), await ground.held(showId, [2], { userId })]
  const reservationId = randomUUID()
  await reserve(userId, [one.id, two.id], reservationId)
  const payment = await pin(userId, reservationId)
  assert.equal(await release(userId, two.id), 'payment_in_progress')
  await unpinMany(ground, [payment])
  assert.equal(await release(userId, two.id), 'done')
  assert.deepEqual((await ground.statuses(showId)).slice(0, 2), [0, 0])
  assert.deepEqual(await endedOf(reservationId), [{ reservationId, userId, showId, reason: 'released' }])
  const bought = await ground.held(showId, [3], { userId })
  const other = randomUUID()
  await reserve(userId, [bought.id], other)
  await sellMany(ground, [await pin(userId, other)])
  assert.equal(await release(userId, bought.id), 'hold_unknown')
})

test('a show that closed lets go of its holds, too', async () => {
  const showId = await publish()
  const userId = randomUUID()
  const hold = await ground.held(showId, [1], { userId })
  await ground.db.rows(sql`update seat.shows set status = 'closed' where show_id = ${showId}`)
  assert.equal(await release(userId, hold.id), 'done')
})

test('a show that has begun sells no more, however late its window closes; who holds already goes on', async () => {
  const showId = await ground.publish(hallPlan, { startsAt: ground.now() + 1_000 })
  const userId = randomUUID()
  const wish = ground.wish(showId, [1, 2], { userId })
  const [hold] = await ground.many([wish])
  ground.clock.now += 1_000
  assert.deepEqual([codeOf(await ground.take(showId, [3])), codeOf(await ground.best(showId, 1))], ['show_closed', 'show_closed'])
  assert.deepEqual(await ground.many([wish]), [hold])
  assert.equal(codeOf(await reserve(userId, [granted(hold).id])), 'done')
})

test('reserve binds with one deadline, the latest, and answers seats, plan and show; a repeat the same, also later', async () => {
  const showId = await publish()
  const userId = randomUUID()
  const one = await ground.held(showId, [2], { userId })
  ground.clock.now += 60_000
  const two = await ground.held(showId, [1], { userId })
  const reservationId = randomUUID()
  const first = await reserve(userId, [one.id, two.id], reservationId)
  assert.deepEqual(first, { reservationId, showId, planVersion: 1, seats: [...two.seats, ...one.seats], until: two.until })
  assert.deepEqual([(await ground.row(one.id)).until, (await ground.row(two.id)).until], [two.until, two.until])
  ground.clock.now += 60_000
  assert.deepEqual(await reserve(userId, [one.id, two.id], reservationId), first)
  assert.deepEqual(await deadlines(ground, { reservationIds: [reservationId, randomUUID()] }), { deadlines: [{ reservationId, until: two.until, pinned: false }] })
  await pin(userId, reservationId)
  assert.deepEqual(await reserve(userId, [two.id], randomUUID()), first)
  assert.equal((await deadlines(ground, { reservationIds: [reservationId] })).deadlines[0]?.pinned, true)
})

test('the first reservation wins: another id gets that one as it stands, and a free hold beside it stays free', async () => {
  const showId = await publish()
  const userId = randomUUID()
  const [one, two] = [await ground.held(showId, [1], { userId }), await ground.held(showId, [2], { userId })]
  const reservationId = randomUUID()
  const [first, second] = await reserveMany(ground, [
    { reservationId, userId, holdIds: [one.id] }, { reservationId: randomUUID(), userId, holdIds: [one.id, two.id] },
  ])
  assert.deepEqual(second, first)
  assert.equal((await ground.row(two.id)).reservationId, null) // the lines and prices of the first one are fixed
  assert.equal(codeOf(await reserve(userId, [two.id], reservationId)), 'idempotency_conflict')
})

test('reserve refuses unknown, foreign and ended holds, two shows, and a closed one', async () => {
  const [showId, otherId] = [await publish(), await publish()]
  const userId = randomUUID()
  const hold = await ground.held(showId, [1], { userId })
  const elsewhere = await ground.held(otherId, [1], { userId })
  const gone = await ground.held(showId, [2], { userId })
  await release(userId, gone.id)
  assert.equal(codeOf(await reserve(userId, [hold.id, randomUUID()])), 'hold_unknown')
  assert.equal(codeOf(await reserve(randomUUID(), [hold.id])), 'hold_unknown')
  assert.equal(codeOf(await reserve(userId, [hold.id, gone.id])), 'hold_ended')
  assert.equal(codeOf(await reserve(userId, [hold.id, elsewhere.id])), 'holds_of_two_shows')
  await ground.db.rows(sql`update seat.shows set status = 'closing' where show_id = ${showId}`)
  assert.equal(codeOf(await reserve(userId, [hold.id])), 'show_closed')
})

test('accepting an offer leaves five minutes and makes it an ordinary hold', async () => {
  const showId = await publish()
  const userId = randomUUID()
  const hold = await ground.held(showId, [1], { userId })
  ground.clock.now += 200_000
  await ground.db.rows(sql`update seat.holds set kind = 'offer' where id = ${hold.id}`)
  await reserve(userId, [hold.id])
  const [row] = await ground.db.rows<{ kind: string; until: number }>(sql`select kind, until from seat.holds where id = ${hold.id}`)
  assert.deepEqual(row, { kind: 'ordinary', until: ground.now() + 300_000 })
})
