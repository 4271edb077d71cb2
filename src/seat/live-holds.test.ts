import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { at, outsideTransaction, type Reader, type Tx } from '../platform/database.ts'
import { rowsReadOf, testDatabaseUrl } from '../platform/testing.ts'
import { sweep } from './clock.ts'
import { dueHolds, liftDeadlines } from './store-deadlines.ts'
import { earliestUntils } from './store-stock.ts'
import { firstSeatOf, type HoldGround, hallPlan, openHoldGround } from './testing.ts'

const crowd = 3_000
const minute = 60_000
let ground: HoldGround
/** A paused show whose crowd is overdue, and others whose holds are not. */
let paused: string
const others: string[] = []
before(async () => {
  ground = await openHoldGround()
  paused = await ground.publish()
  await ground.hear('show.paused', paused)
  await plant(paused, crowd, ground.now() - minute)
  for (let i = 0; i < 20; i++) others.push(await ground.publish(hallPlan))
  for (const showId of others) await plant(showId, 20, ground.now() + minute)
  await ground.db.rows(sql`analyze seat.holds`)
})
after(() => ground.close())

/** Live holds without seats, ending a millisecond apart. */
const plant = (showId: string, count: number, from: number) =>
  ground.db.rows<{ id: string }>(sql`
    insert into seat.holds (id, show_id, user_id, plan_version, seat_ids, until, held_at, request_hash)
    select gen_random_uuid(), ${showId}, gen_random_uuid(), 1, '{1}', ${at(from)}::timestamptz + i * interval '1 ms', ${at(ground.now())}, 'h'
    from generate_series(1, ${count}::int) as g(i) returning id`)
const read = (ask: (reader: Reader) => Promise<unknown>) => rowsReadOf(ground.db, 'holds', ask)
const idsOf = (rows: { id: string }[]) => rows.map(({ id }) => id).sort()

test('the sweep reads a row or two of each show that has live holds, however many a paused one keeps overdue', async () => {
  const rows = await read((reader) => dueHolds(reader, ground.now(), 500))
  assert.ok(rows <= 2 * (others.length + 1), `${rows} rows`)
})

test('when the next hold of a show ends is one row, whatever ends earlier elsewhere', async () => {
  const [showId = ''] = others
  assert.equal(await read((reader) => earliestUntils(reader, [showId])), 1)
  assert.deepEqual(await earliestUntils(ground.db, [showId, randomUUID()]), [{ showId, until: ground.now() + minute + 1 }])
})

test('of more that is due than one chunk takes, each show has its part, the one whose hold waits longest first', async () => {
  const [low, high] = others.slice(-2).sort() as [string, string]
  const [now, first] = [ground.now(), firstSeatOf.B]
  const late = await ground.held(high, [first])
  const waiting = await ground.held(high, [first + 1])
  const other = await ground.held(low, [first])
  for (const [hold, until] of [[late, now - 3_000], [waiting, now - 2_000], [other, now - 1_000]] as const)
    await ground.db.rows(sql`update seat.holds set until = ${at(until)} where id = ${hold.id}`)
  const due = async (limit: number, passed = 0) => idsOf(await dueHolds(ground.db, now, limit, passed))
  assert.deepEqual(await due(1), [late.id])
  assert.deepEqual(await due(2), idsOf([late, other]))
  assert.deepEqual(await due(4), idsOf([late, waiting, other]))
  // the first one cannot end: its show is asked for one more
  assert.deepEqual(await due(2, 1), idsOf([late, waiting, other]))
  assert.equal(await sweep(ground), 3)
  assert.deepEqual(await due(4), [])
})

test('after an outage each chunk reads what it moves, not all that is to be moved; each hold is moved once', async () => {
  const [from, to] = [ground.now() - 2 * minute, ground.now() + 10]
  const rows = await read((reader) => liftDeadlines(reader as Tx, from, to, 500))
  // it was run, by the explaining: once found, once locked, once written
  assert.ok(rows <= 3 * 500 + 2 * (others.length + 1), `${rows} rows`)
  let moved = 0
  for (;;) {
    const chunk = await ground.db.transaction((tx) => liftDeadlines(tx, from, to, 500))
    moved += chunk.length
    if (chunk.length < 500) break
    assert.deepEqual(new Set(chunk.map(({ showId }) => showId)), new Set([paused]))
  }
  assert.equal(moved, crowd - 500)
  const [left] = await ground.db.rows<{ holds: number }>(sql`
    select count(*)::int as holds from seat.holds where show_id = ${paused} and until = ${at(to)}`)
  assert.equal(left?.holds, crowd)
})

test('a hold that is extended while its chunk waits for it does not end the lifting before its time', { skip: testDatabaseUrl ? false : 'two transactions at once need PostgreSQL' }, async () => {
  const [showId = ''] = others
  const [from, to] = [ground.now() - 10_000, ground.now() - 1_000]
  const planted = await plant(showId, 3, from)
  const { db } = ground
  const lift = () => outsideTransaction(() => db.transaction((tx) => liftDeadlines(tx, from, to, 2)))
  const isWaiting = async () => (await outsideTransaction(() => db.rows(sql`
    select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`))).length > 0
  const { lifted } = await db.transaction(async (tx) => {
    await tx.rows(sql`update seat.holds set until = ${at(to)} where id = ${planted[0]?.id}`)
    const lifted = lift()
    while (!(await isWaiting())) await new Promise(setImmediate)
    return { lifted }
  })
  const movedOf = (rows: { showId: string | null }[]) => rows.map((row) => row.showId !== null).sort()
  assert.deepEqual(movedOf(await lifted), [false, true], 'two found, one of them moved')
  assert.deepEqual(movedOf(await lift()), [true])
})
