import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import sql from 'sql-template-tag'
import { grantAll, type Grant, grantHolds, PlanChangedMeanwhile, type Wanted } from './store-grants.ts'
import { HoldWrittenMeanwhile } from './store-holds.ts'
import { ShowClosedMeanwhile } from './store-versions.ts'
import { type HoldGround, openHoldGround } from './testing.ts'

const seatsCount = 6
const quotaMax = 3
let ground: HoldGround
before(async () => {
  ground = await openHoldGround()
})
after(async () => {
  await ground.assertSound()
  await ground.close()
})

const publish = () => ground.publish(
  { sections: [{ name: 'A', kind: 'seated', grade: 'R', rows: [{ name: '1', seats: seatsCount }] }] }, { ticketsPerUserMax: quotaMax })
const wanted = (seatIds: number[], more: Partial<Wanted> = {}): Wanted =>
  ({ holdId: randomUUID(), userId: randomUUID(), seatIds, passNo: 1, hash: `seats-${seatIds.join('-')}`, fellBack: false, sections: null, ...more })
const grantOf = (showId: string, ...all: Wanted[]): Grant => ({ showId, planVersion: 1, now: ground.now(), until: ground.now() + 300_000, wanted: all })
const written = async (showId: string) => JSON.stringify([
  await ground.db.rows(sql`select * from seat.shows where show_id = ${showId}`), await ground.db.rows(sql`select * from seat.seats where show_id = ${showId} order by id`),
  await ground.db.rows(sql`select * from seat.holds where show_id = ${showId} order by id`), await ground.db.rows(sql`select * from seat.quotas where show_id = ${showId} order by user_id`),
])

test('what nothing speaks against is granted in one step, as it is one by one', async () => {
  const [together, alone] = [await publish(), await publish()]
  const userId = randomUUID()
  const wishes = [wanted([1, 2], { userId }), wanted([4], { sections: ['A', 'B'], fellBack: true, passNo: 7 })]
  const before = (await ground.pictures.of(together)).version
  assert.equal(await grantAll(ground.db, grantOf(together, ...wishes)), before + 1)
  assert.equal(await grantAll(ground.db, grantOf(together, wanted([3], { userId }))), before + 2)
  const verdict = await grantHolds(ground.db, grantOf(alone, ...wishes.map((wish) => ({ ...wish, holdId: randomUUID() }))))
  assert.deepEqual(verdict, { lost: [], version: before + 1 })
  await grantHolds(ground.db, grantOf(alone, wanted([3], { userId })))
  const facts = async (showId: string) => JSON.stringify([
    await ground.statuses(showId), await ground.db.rows(sql`select seats, seats_max, last_pass_held from seat.quotas where show_id = ${showId} order by user_id`),
    await ground.db.rows(sql`select user_id, seat_ids, until, held_at, plan_version, request_hash, fell_back, sections from seat.holds where show_id = ${showId} order by seat_ids`),
  ])
  assert.equal(await facts(together), await facts(alone))
})

test('one wish that cannot be granted undoes the step for all, whatever it is, and leaves nothing', async () => {
  const full = randomUUID()
  const ready = async () => {
    const showId = await publish()
    await grantHolds(ground.db, grantOf(showId, wanted([1, 2, 3], { userId: full })))
    return showId
  }
  const spoilt: Record<string, Wanted> = {
    'a seat that is held': wanted([3, 4]),
    'a seat that there is not': wanted([seatsCount + 1]),
    'a full quota': wanted([4], { userId: full }),
    'more seats at once than a quota': wanted([4, 5, 6, 1]),
  }
  for (const [name, wish] of Object.entries(spoilt)) {
    const showId = await ready()
    const before = await written(showId)
    assert.equal(await grantAll(ground.db, grantOf(showId, wanted([5]), wish)), undefined, name)
    assert.equal(await written(showId), before, name)
  }
  const belowFloor = await ready()
  await ground.db.rows(sql`update seat.quotas set pass_floor = 2, seats = seats where show_id = ${belowFloor}`)
  await ground.db.rows(sql`update seat.quotas set seats_max = 4 where show_id = ${belowFloor}`)
  assert.equal(await grantAll(ground.db, grantOf(belowFloor, wanted([5], { userId: full, passNo: 1 }))), undefined, 'a pass that was ended')
  await ground.db.rows(sql`update seat.quotas set seats_max = ${quotaMax}, pass_floor = 0 where show_id = ${belowFloor}`)
})

test('a closed show, another plan and an id that exists are told as they are one by one', async () => {
  const showId = await publish()
  const wish = wanted([1])
  assert.equal(await grantAll(ground.db, { ...grantOf(showId, wish), planVersion: 2 }), undefined)
  await assert.rejects(grantHolds(ground.db, { ...grantOf(showId, wish), planVersion: 2 }), PlanChangedMeanwhile)
  await grantAll(ground.db, grantOf(showId, wish))
  await assert.rejects(grantAll(ground.db, grantOf(showId, { ...wanted([2]), holdId: wish.holdId })), HoldWrittenMeanwhile)
  await ground.db.rows(sql`update seat.shows set status = 'closing' where show_id = ${showId}`)
  const before = await written(showId)
  assert.equal(await grantAll(ground.db, grantOf(showId, wanted([3]))), undefined)
  await assert.rejects(grantHolds(ground.db, grantOf(showId, wanted([3]))), ShowClosedMeanwhile)
  assert.equal(await written(showId), before)
})

test('all are granted in one step exactly when none would be lost one by one', async () => {
  const userIds = Array.from({ length: 4 }, () => randomUUID())
  const wish = fc.record({ user: fc.nat(3), seatIds: fc.uniqueArray(fc.integer({ min: 1, max: seatsCount }), { minLength: 1, maxLength: 3 }) })
  let [all, some] = [0, 0]
  await fc.assert(fc.asyncProperty(fc.array(fc.array(wish, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 }), async (batches) => {
    const showId = await publish()
    for (const batch of batches) {
      const used = new Set<string | number>()
      const disjoint = batch.filter(({ user, seatIds }) => [`u${user}`, ...seatIds].every((key) => !used.has(key)) && [`u${user}`, ...seatIds].every((key) => used.add(key)))
      const grant = grantOf(showId, ...disjoint.map(({ user, seatIds }) => wanted(seatIds.toSorted((a, b) => a - b), { userId: userIds[user] as string })))
      if ((await grantAll(ground.db, grant)) !== undefined) all++
      else {
        const { lost } = await grantHolds(ground.db, grant)
        assert(lost.length > 0, JSON.stringify(disjoint))
        some++
      }
      await ground.assertSound()
    }
  }), { numRuns: 40, seed: 20_300_102 })
  assert(all > 20 && some > 20, `${all} and ${some}`)
})
