import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import sql from 'sql-template-tag'
import { outsideTransaction } from '../platform/database.ts'
import { testDatabaseUrl } from '../platform/testing.ts'
import { grantAll, type Grant, grantHolds, PlanChangedMeanwhile, type Wanted } from './store-grants.ts'
import { HoldWrittenMeanwhile } from './store-holds.ts'
import { ShowClosedMeanwhile } from './store-versions.ts'
import { type HoldGround, openHoldGround } from './testing.ts'

const seatsCount = 8
const quotaMax = 3
const onPostgres = { skip: testDatabaseUrl ? false : 'two transactions at once need PostgreSQL' }
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
    'more seats at once than a quota': wanted([4, 6, 7, 8]),
  }
  for (const [name, wish] of Object.entries(spoilt)) {
    const showId = await ready()
    const before = await written(showId)
    assert.equal(await grantAll(ground.db, grantOf(showId, wanted([5]), wish)), undefined, name)
    assert.equal(await written(showId), before, name)
  }
  const belowFloor = await ready()
  await ground.db.rows(sql`update seat.quotas set pass_floor = 2, seats_max = 4 where show_id = ${belowFloor}`)
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

test('a row that another transaction writes while a step waits for it: its seat is had once, whatever became of it', onPostgres, async () => {
  for (const [name, end, mayBeGranted] of [['taken', 1, false], ['taken and let go', 0, true]] as const) {
    const showId = await publish()
    const other = wanted([2])
    let waiting: Promise<number | undefined> | undefined
    await ground.db.transaction(async (tx) => {
      await tx.rows(sql`update seat.seats set status = 1, hold_id = ${other.holdId} where show_id = ${showId} and id = 2`)
      // from here, as another process: no statement of its own may be run inside this one
      waiting = outsideTransaction(() => grantAll(ground.db, grantOf(showId, wanted([1, 2, 3]))))
      await untilOneWaits()
      if (end === 0) await tx.rows(sql`update seat.seats set status = 0, hold_id = null where show_id = ${showId} and id = 2`)
    })
    const version = await waiting
    if (!mayBeGranted) assert.equal(version, undefined, name)
    const grantedAll = version === undefined ? [0, end, 0] : [1, 1, 1]
    assert.deepEqual((await ground.statuses(showId)).slice(0, 3), grantedAll, name)
    await ground.db.rows(sql`update seat.seats set status = 0, hold_id = null where show_id = ${showId} and hold_id = ${other.holdId}`)
  }
})

async function untilOneWaits() {
  for (let looks = 0; looks < 10_000; looks++) {
    const [row] = await outsideTransaction(() => ground.db.rows<{ waiting: number }>(sql`
      select count(*)::int as waiting from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`))
    if ((row?.waiting ?? 0) > 0) return
  }
  assert.fail('nobody waits')
}

test('all are granted in one step exactly when none would be lost one by one', async () => {
  const userIds = Array.from({ length: 4 }, () => randomUUID())
  const wish = fc.record({ user: fc.nat(3), seatIds: fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 3 }) })
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
