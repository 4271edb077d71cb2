import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { namedId } from '../platform/identity.ts'
import { closeShows } from './store-shows.ts'
import { assertSound, confirm, cutoffAt, eventsOf, fee, type Ground, openGround, paymentOf, refusalOf, reserve } from './testing.ts'

let ground: Ground
before(async () => {
  ground = await openGround()
})
after(async () => {
  await assertSound(ground)
  await ground.close()
})

const close = (showId: string) => ground.hear('show.cancelled', { showId, reason: 'ill' }, showId)
const ownOf = (made: { id: string; userId: string }) => ({ reservationId: made.id, userId: made.userId })
const isDrained = async (showId: string) => {
  const [row] = await ground.db.rows<{ drained: boolean }>(sql`select drained from reservation.shows where show_id = ${showId}`)
  return row?.drained
}

test('a cancelled show takes no further reservation and no further payment', async () => {
  const showId: string = randomUUID()
  const made = await reserve(ground, [1], { showId })
  await close(showId)
  assert.equal(await refusalOf(ground.api.pin(paymentOf(made))), 'show_closed')
  assert.equal(await refusalOf(reserve(ground, [2], { showId })), 'show_closed')
})

test('a cancelled show ends pending reservations and refunds confirmed ones whole, whatever the cutoff', async () => {
  const showId: string = randomUUID()
  const pending = await reserve(ground, [1], { showId })
  const { own, made, keys } = await confirm(ground, [2, 3], { showId })
  await ground.api.cancel({ ...own, cancellationId: randomUUID(), seatIds: [3], reason: 'cancelled' })
  await close(showId)
  const before = ground.clock.ms
  ground.clock.ms = cutoffAt + 1
  await ground.runJobs()
  ground.clock.ms = before
  assert.deepEqual([(await ground.api.get(ownOf(pending))).status, (await ground.api.get(ownOf(pending))).endedReason], ['cancelled', 'show_cancelled'])
  assert(ground.seat.released.includes(ground.seat.bound.get(pending.id)?.holdIds[0] ?? ''))
  assert.equal((await ground.api.get(own)).status, 'cancelled')
  const event = (await eventsOf(ground.db, made.id)).at(-1)
  assert.deepEqual(event?.data, {
    cancellationId: namedId(made.id, 'show_cancelled'), ...own, showId, seatIds: [2], refund: 90_000 + fee,
    paymentId: keys.paymentId, reason: 'show_cancelled',
  })
})

test('reservations that are paying are passed over and ended once their payment has ended, either way', async () => {
  const showId: string = randomUUID()
  const [undone, paid] = [await reserve(ground, [1], { showId }), await reserve(ground, [2], { showId })]
  const [a, b] = [paymentOf(undone), paymentOf(paid)]
  await ground.api.pin(a)
  await ground.api.pin(b)
  await close(showId)
  await ground.runJobs()
  assert.equal((await ground.api.get(ownOf(undone))).status, 'paying')
  assert.equal(await isDrained(showId), false)
  await ground.api.unpin(a)
  await ground.api.confirm({ ...b, paidAmount: paid.total })
  for (let i = 0; i < 2; i++) await ground.runJobs()
  assert.equal((await ground.api.get(ownOf(undone))).status, 'cancelled')
  assert.equal((await eventsOf(ground.db, paid.id)).at(-1)?.data.refund, paid.total)
  assert.equal(await isDrained(showId), true)
})

test('twenty cancelled shows whose buyers are all paying do not keep the next one waiting', async () => {
  const shows = Array.from({ length: 20 }, () => `00000000${randomUUID().slice(8)}`)
  const running = []
  for (const showId of shows) {
    const keys = paymentOf(await reserve(ground, [1], { showId }))
    await ground.api.pin(keys)
    running.push(keys)
    await close(showId)
  }
  const lastId = `ffffffff${randomUUID().slice(8)}`
  const last = await reserve(ground, [1], { showId: lastId })
  await close(lastId)
  await ground.runJobs()
  assert.equal((await ground.api.get(ownOf(last))).status, 'cancelled')
  for (const keys of running) await ground.api.unpin(keys)
  for (let round = 0; round < 4; round++) await ground.runJobs()
  for (const showId of [...shows, lastId]) assert(await isDrained(showId))
})

test('one broken reservation of a cancelled show is reported and holds up neither its neighbours nor other shows', async () => {
  const [showId, otherId] = [`00000000${randomUUID().slice(8)}`, `ffffffff${randomUUID().slice(8)}`]
  const made = await Promise.all([1, 2, 3, 4, 5].map((seatId) => confirm(ground, [seatId], { showId })))
  const other = await confirm(ground, [1], { showId: otherId })
  const broken = made[2]?.made.id ?? ''
  await ground.db.rows(sql`update reservation.reservations set total = total - 5 where id = ${broken}`)
  for (const id of [showId, otherId]) await close(id)
  await assert.rejects(ground.runJobs(), AggregateError)
  for (const { own } of [...made, other]) assert.equal((await ground.api.get(own)).status, own.reservationId === broken ? 'confirmed' : 'cancelled')
  await ground.db.rows(sql`update reservation.reservations set total = total + 5 where id = ${broken}`)
  for (let round = 0; round < 2; round++) await ground.runJobs()
  for (const id of [showId, otherId]) assert(await isDrained(id))
})

test('a full house of a cancelled show is ended in chunks, by two processes at once, each refunded once', async () => {
  const showId: string = randomUUID()
  const seats = Array.from({ length: 450 }, (_, i) => i + 1)
  const sold = await Promise.all(seats.map((seatId) => confirm(ground, [seatId], { showId })))
  await close(showId)
  const second = ground.start()
  for (let i = 0; i < 4; i++) await Promise.all([ground.runJobs(), second.runJobs()])
  const [row] = await ground.db.rows<{ count: number; refund: number }>(sql`
    select count(*) as count, sum(c.refund) as refund from reservation.cancellations c
    join reservation.reservations r on r.id = c.reservation_id where r.show_id = ${showId} and r.status = 'cancelled'`)
  assert.deepEqual(row, { count: 450, refund: sold.reduce((sum, { made }) => sum + made.total, 0) })
  assert.equal(await isDrained(showId), true)
})

test('a create and the end of its hold at the same moment: whoever is first, nothing stays pending', async () => {
  const [userId, showId] = [randomUUID(), randomUUID()]
  await Promise.all(Array.from({ length: 60 }, async (_, i) => {
    const holdIds = [ground.seat.hold(userId, showId, [i + 1])]
    const reservationId: string = randomUUID()
    const created = ground.api.create({ reservationId, userId, holdIds }).then(() => 'created', (error) => error.code)
    await ground.hear('seat.hold_ended', { reservationId, userId, showId, reason: 'expired' }, reservationId)
    assert.match(await created, /created|reservation_ended/)
  }))
  const { reservations } = await ground.api.list({ userId, limit: 100 })
  assert(reservations.every((r) => r.status === 'expired'))
})

test('a show that is cancelled while its reservations are made and paid ends every one of them', async () => {
  const showId: string = randomUUID()
  const made = await Promise.all(Array.from({ length: 40 }, (_, i) => reserve(ground, [i + 1], { showId })))
  const code = (error: { code: string }) => error.code
  const rush = made.map(async (one, i) => {
    const keys = paymentOf(one)
    const pinned = await ground.api.pin(keys).catch(code)
    if (typeof pinned === 'string') return assert.equal(pinned, 'show_closed')
    await (i % 2 ? ground.api.unpin(keys) : ground.api.confirm({ ...keys, paidAmount: one.total }))
  })
  const late = Array.from({ length: 40 }, (_, i) => reserve(ground, [i + 101], { showId }).catch(code))
  await Promise.all([...rush, ...late, close(showId)])
  for (let i = 0; i < 2; i++) await ground.runJobs()
  const live = await ground.db.rows(sql`
    select id, status from reservation.reservations where show_id = ${showId} and ended_at is null`)
  assert.deepEqual(live, [])
  assert.equal(await isDrained(showId), true)
})

test('a create and a pin that come while the show is being closed wait for that, and are refused', async () => {
  const showId: string = randomUUID()
  const made = await reserve(ground, [1], { showId })
  const closing = Promise.withResolvers<void>()
  const code = (error: { code: string }) => error.code
  const created = closing.promise.then(() => reserve(ground, [2], { showId })).catch(code)
  const pinned = closing.promise.then(() => ground.api.pin(paymentOf(made))).catch(code)
  await ground.db.transaction(async (tx) => {
    await closeShows(tx, [showId], ground.clock.ms)
    closing.resolve()
    // both wait for this transaction; on one connection they cannot even begin
    for (let look = 0; look < 200; look++) {
      const [row] = await tx.rows<{ count: number }>(sql`select count(*) as count from pg_locks where not granted`)
      if (row && row.count >= 2) break
    }
  })
  assert.deepEqual([await created, await pinned], ['show_closed', 'show_closed'])
})
