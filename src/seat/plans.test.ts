import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { at, type Reader, type Tx } from '../platform/database.ts'
import { genericPlansOf } from '../platform/testing.ts'
import { type Ground, openGround } from './planting.ts'
import { readBlocked } from './store-block.ts'
import * as deadlines from './store-deadlines.ts'
import * as ending from './store-ending.ts'
import * as holds from './store-holds.ts'
import * as resuming from './store-resuming.ts'
import * as pins from './store-pins.ts'

const ended = 20_000
const hallSeats = 50_000
const everyBlocked = 250
let ground: Ground
before(async () => {
  ground = await openGround()
  const showId = await ground.publish()
  await ground.db.rows(sql`
    insert into seat.holds (id, show_id, user_id, plan_version, seat_ids, until, held_at, reservation_id, request_hash, ended_reason, ended_at)
    select gen_random_uuid(), ${showId}, gen_random_uuid(), 1, '{1}', ${at(ground.now())}, ${at(ground.now())}, gen_random_uuid(), 'h', 'expired', ${at(ground.now())}
    from generate_series(1, ${ended}::int)`)
  await ground.db.rows(sql`analyze seat.holds`)
})
after(() => ground.close())

/** Every statement is told that all its rows were written. */
const plansOf = (ask: (tx: Tx) => Promise<unknown>) =>
  genericPlansOf(ground.db, (reader) => ask(reader as Tx), [{ id: randomUUID(), reservationId: randomUUID() }])

test('no statement that knows its holds reads all that are live, even if its plan was made when none was', async () => {
  const [id, other, now] = [randomUUID(), randomUUID(), ground.now()]
  const asks: Record<string, (tx: Tx) => Promise<unknown>> = {
    pinHolds: (tx) => pins.pinHolds(tx, [{ id, paymentId: other }]),
    unpinHolds: (tx) => pins.unpinHolds(tx, [id], now),
    sellHolds: (tx) => pins.sellHolds(tx, [id], now),
    lockHolds: (tx) => pins.lockHolds(tx, [other]),
    endHolds: (tx) => ending.endHolds(tx, [id], 'released', now),
    lockLiveHolds: (tx) => ending.lockLiveHolds(tx, [id]),
    holdsToEnd: (tx) => ending.holdsToEnd(tx, other, 10),
    bindHolds: (tx) => deadlines.bindHolds(tx, [{ id, reservationId: other, until: now }]),
    extendHolds: (tx) => deadlines.extendHolds(tx, [{ id, until: now, extensionId: null }]),
    lockDueHolds: (tx) => deadlines.lockDueHolds(tx, [id], now),
    readDeadlines: (tx) => deadlines.readDeadlines(tx, [other]),
    unmovedHolds: (tx) => resuming.unmovedHolds(tx, { showId: other, resumedAt: now, byMs: 1 }),
    lockHoldsToMove: (tx) => resuming.lockHolds(tx, [id]),
    moveHolds: (tx) => resuming.moveHolds(tx, { showId: other, resumedAt: now, byMs: 1 }, [id], [other], now),
    lockWhole: (tx) => holds.lockWhole(tx, [id], [other]),
    readHolds: (tx) => holds.readHolds(tx, other, [id], [other]),
    readLiveHolds: (tx) => holds.readLiveHolds(tx, id, null, 10),
  }
  const wrong = []
  for (const [name, ask] of Object.entries(asks)) {
    const plan = await plansOf(ask)
    assert.match(plan, /on holds/, name)
    if (/holds_live_by_until|Seq Scan on holds/.test(plan)) wrong.push(name)
  }
  assert.deepEqual(wrong, [])
})

test('the blocked seats of a hall of 50,000 are read without the others, by an index that no hold or sale has to write', async () => {
  const showId = await ground.publish()
  const first = (await ground.statuses(showId)).length + 1
  await ground.db.rows(sql`
    insert into seat.seats (show_id, id, section, row_name, number, grade, kind, status, blocked_reason)
    select ${showId}, n, 'Z', '1', n::text, 'R', 'seated', case when n % ${everyBlocked} = 0 then 5 else 0 end, case when n % ${everyBlocked} = 0 then 'sound desk' end
    from generate_series(${first}::int, ${hallSeats}::int) n`)
  const read = (db: Reader) => readBlocked(db, showId)
  assert.equal((await read(ground.db)).length, hallSeats / everyBlocked)
  for (const analyse of ['', 'analyze seat.seats']) {
    if (analyse) await ground.db.rows(sql([analyse]))
    assert.match(await genericPlansOf(ground.db, read), /using seats_blocked/, analyse)
  }
  const written = await ground.db.rows(sql`
    select indexname from pg_indexes where schemaname = 'seat' and tablename = 'seats' and indexdef ~ '(status|hold_id|reservation_id|version)'`)
  assert.deepEqual(written, [])
})
