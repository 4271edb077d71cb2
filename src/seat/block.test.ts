import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import type { Tx } from '../platform/database.ts'
import { isRefusal, type Refusal } from '../platform/outcome.ts'
import { block, blocksOf, unblock } from './block.ts'
import { pinMany, sellMany } from './pin.ts'
import { endHold, type Ground, openGround, plantHold, quotaRow, showOf } from './planting.ts'
import { showHandlers } from './show.ts'
import { endPassMany, quota, story } from './quota.ts'

let ground: Ground
before(async () => {
  ground = await openGround()
})
after(() => ground.close())

const refusalOf = async (call: Promise<unknown>) => {
  const error = await call.then(() => undefined, (reason) => reason)
  return isRefusal(error) ? { code: error.code, params: error.params } : error
}
const codeOf = async (call: Promise<unknown>) => ((await refusalOf(call)) as Refusal | undefined)?.code
const endPass = async (input: Parameters<typeof endPassMany>[1][number]) => (await endPassMany(ground, [input]))[0]

test('block takes seats out of sale with reason, author and an audit row; unblock gives them back', async () => {
  const [showId, by] = [await ground.publish(), randomUUID()]
  assert.deepEqual(await block(ground, { showId, seatIds: [1, 5], reason: 'camera', by }), { blocked: 2 })
  assert.deepEqual(await ground.statuses(showId), [5, 0, 0, 0, 5, 0])
  assert.deepEqual(await block(ground, { showId, seatIds: [1, 2], reason: 'other', by }), { blocked: 1 })
  assert.deepEqual(await unblock(ground, { showId, seatIds: [1, 2, 3], by }), { unblocked: 2 })
  assert.deepEqual(await ground.statuses(showId), [0, 0, 0, 0, 5, 0])
  assert.deepEqual([...(await ground.pictures.of(showId)).states], [0, 0, 0, 0, 5, 0])
  assert.deepEqual(await blocksOf(ground, { showId }), { blocks: [{ seatId: 5, reason: 'camera' }] })
  const audit = await ground.db.rows<{ action: string; after: unknown }>(sql`
    select action, after from seat.audit where actor = ${by} order by id`)
  assert.deepEqual(audit, [
    { action: 'seats.block', after: { seatIds: [1, 5], reason: 'camera' } },
    { action: 'seats.block', after: { seatIds: [2], reason: 'other' } },
    { action: 'seats.unblock', after: { seatIds: [1, 2] } },
  ])
})

test('a plan is published in as many statements however many reasons its blocks have, each seat with its own', async () => {
  const statementsOf = async (reasons: number) => {
    const rows = Array.from({ length: reasons }, (_, i) => ({ name: String(i), seats: 2, blocked: [2], blockedReason: `for ${i}` }))
    const showId = randomUUID()
    const data = showOf({ sections: [{ name: 'A', kind: 'seated', grade: 'R', rows }] }, ground.clock.now, { showId })
    let count = 0
    const counting = (tx: Tx): Tx => ({ ...tx, rows: (query) => {
      count++
      return tx.rows(query)
    } })
    await ground.db.transaction(async (tx) => showHandlers(ground)['show.published']?.(counting(tx), [{ producer: 'concert', name: 'show.published', key: showId, version: 1, occurredAt: ground.clock.now, data }]))
    assert.deepEqual((await blocksOf(ground, { showId })).blocks, rows.map(({ blockedReason: reason }, i) => ({ seatId: 2 * i + 2, reason })))
    return count
  }
  assert.equal(await statementsOf(200), await statementsOf(2))
})

test('blocking a held seat answers seat_taken, an unknown one seat_unknown, on a closed show show_closed: none blocked', async () => {
  const [showId, by] = [await ground.publish(), randomUUID()]
  await plantHold(ground, showId, [2])
  const request = { showId, reason: 'camera', by }
  assert.deepEqual(await refusalOf(block(ground, { ...request, seatIds: [1, 2] })), { code: 'seat_taken', params: { seatIds: [2] } })
  assert.deepEqual(await refusalOf(block(ground, { ...request, seatIds: [1, 7] })), { code: 'seat_unknown', params: { seatIds: [7] } })
  await ground.hear('show.cancelled', showId)
  assert.equal(await codeOf(block(ground, { ...request, seatIds: [1] })), 'show_closed')
  assert.deepEqual(await ground.statuses(showId), [0, 1, 0, 0, 0, 0])
  assert.deepEqual(await ground.db.rows(sql`select 1 from seat.audit where actor = ${by}`), [])
})

test('an unblocked seat of a watched show is returned and the waitlist is told', async () => {
  const [showId, by] = [await ground.publish(), randomUUID()]
  await block(ground, { showId, seatIds: [3], reason: 'camera', by })
  await ground.db.rows(sql`update seat.shows set watch_count = 2 where show_id = ${showId}`)
  await unblock(ground, { showId, seatIds: [3], by })
  assert.equal((await ground.statuses(showId))[2], 4)
  assert.deepEqual((await ground.events('seat.returned')).at(-1), { showId, seatIds: [3] })
})

test('endPass raises the floor above the pass, never lowers it, and unlessUsed leaves a used one alone', async () => {
  const showId = await ground.publish()
  const user = { showId, userId: randomUUID() }
  assert.deepEqual(await endPass({ ...user, passNo: 3, unlessUsed: true }), { used: false })
  assert.deepEqual(await endPass({ ...user, passNo: 1 }), { used: false })
  assert.equal((await quotaRow(ground.db, user))?.passFloor, 4)
  await plantHold(ground, showId, [1], { userId: user.userId })
  assert.deepEqual(await endPass({ ...user, passNo: 3, unlessUsed: true }), { used: false }, 'ended before: the same answer')
  assert.deepEqual(await endPass({ ...user, passNo: 5, unlessUsed: true }), { used: true })
  assert.equal((await quotaRow(ground.db, user))?.passFloor, 4)
  assert.deepEqual(await endPass({ ...user, passNo: 5 }), { used: false })
  assert.deepEqual(await quotaRow(ground.db, user), { seats: 1, passFloor: 6 })
})

test('endings of one user in one batch are decided in order, and an unknown show is refused alone', async () => {
  const [showId, userId] = [await ground.publish(), randomUUID()]
  const [first, second, unknown] = await endPassMany(ground, [
    { showId, userId, passNo: 1 }, { showId, userId, passNo: 2 }, { showId: randomUUID(), userId, passNo: 1 },
  ])
  assert.deepEqual([first, second], [{ used: false }, { used: false }])
  assert(isRefusal(unknown, 'show_unknown'))
  assert.equal((await quotaRow(ground.db, { showId, userId }))?.passFloor, 3)
})

test('quota counts what is held and owned, and is empty for who has nothing', async () => {
  const showId = await ground.publish()
  const { userId } = await plantHold(ground, showId, [1, 2])
  assert.deepEqual(await quota(ground, { showId, userId }), { seats: 2, sold: 0, seatsMax: 4 })
  assert.deepEqual(await quota(ground, { showId, userId: randomUUID() }), { seats: 0, sold: 0, seatsMax: 4 })
})

test('the story tells holds, refused and running payments and the sale, in order of time', async () => {
  const showId = await ground.publish()
  const mine = await plantHold(ground, showId, [1])
  const { userId } = mine
  const other = await plantHold(ground, showId, [2], { userId, until: ground.now() })
  const [good, late] = [mine, other].map(({ reservationId }) => ({ paymentId: randomUUID(), reservationId, userId }))
  assert(good && late)
  ground.clock.now += 1_000
  await pinMany(ground, [good, late])
  ground.clock.now += 1_000
  await endHold(ground, other)
  await sellMany(ground, [good])
  const { steps } = await story(ground, { showId, userId })
  assert.deepEqual(steps.map((step) => step.what).sort(), ['held', 'held', 'hold_ended', 'payment_refused', 'payment_started', 'sold'])
  assert.deepEqual(steps.map((step) => step.at), steps.map((step) => step.at).sort((x, y) => x - y))
  assert.deepEqual(await story(ground, { showId, userId: randomUUID() }), { steps: [] })
})
