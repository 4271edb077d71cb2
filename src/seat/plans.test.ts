import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { at, type Reader, type Tx } from '../platform/database.ts'
import { genericPlansOf, openTestDatabase, rowsReadOf } from '../platform/testing.ts'
import { type Ground, openGround, type Planted, plantHold } from './planting.ts'
import * as blocks from './store-block.ts'
import * as deadlines from './store-deadlines.ts'
import * as ending from './store-ending.ts'
import * as holds from './store-holds.ts'
import * as resuming from './store-resuming.ts'
import * as pins from './store-pins.ts'
import { grantAll, grantHolds } from './store-grants.ts'
import { holdsOfUser } from './store-quotas.ts'
import { countTaken } from './store-shows.ts'
import { earliestUntils } from './store-stock.ts'

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
    holdsOfUser: (tx) => holdsOfUser(tx, other, id),
    usersWhoLetGo: (tx) => ending.usersWhoLetGo(tx, { showId: other, version: 1, userIds: [id], seatIds: [1], since: now }),
  }
  const wrong = []
  for (const [name, ask] of Object.entries(asks)) {
    const plan = await plansOf(ask)
    assert.match(plan, /on holds/, name)
    if (/using holds_(live_by_show|live_of_user|ended_of_user) on holds( h)? .*\n(?! +Index Cond)|holds_live_by_show|Seq Scan on holds/.test(plan)) wrong.push(name)
  }
  assert.deepEqual(wrong, [])
})

test('what a user once held is not read again with each later wish of theirs', async () => {
  const [userId, showId, letGo] = [randomUUID(), await ground.publish(), 5_000]
  await ground.db.rows(sql`
    insert into seat.holds (id, show_id, user_id, plan_version, seat_ids, until, held_at, request_hash, ended_reason, ended_at)
    select gen_random_uuid(), ${showId}, ${userId}, 1, '{1}', ${at(ground.now())}, ${at(ground.now() - letGo)}, 'h', 'released', ${at(ground.now() - letGo)}::timestamptz + n * interval '1 ms'
    from generate_series(1, ${letGo}::int) n`)
  await plantHold(ground, showId, [2], { userId })
  await ground.db.rows(sql`analyze seat.holds`)
  const lately = { showId, version: -1, userIds: [userId], seatIds: [1], since: ground.now() - 100 }
  const reads: Record<string, [most: number, ask: (reader: Reader) => Promise<unknown>]> = {
    readHolds: [2, (reader) => holds.readHolds(reader, showId, [], [userId])],
    readLiveHolds: [2, (reader) => holds.readLiveHolds(reader, userId, null, 10)],
    usersWhoLetGo: [101, (reader) => ending.usersWhoLetGo(reader, lately)],
    holdsOfUser: [202, (reader) => holdsOfUser(reader, showId, userId)],
  }
  for (const [name, [most, ask]] of Object.entries(reads)) {
    const read = await rowsReadOf(ground.db, 'holds', ask)
    assert(read > 0 && read <= most, `${name} read ${read} holds`)
  }
})

test('what asks for ends steps through the index of live holds by show, even if its plan was made when none was', async () => {
  const now = ground.now()
  const asks: Record<string, (tx: Tx) => Promise<unknown>> = {
    earliestUntils: (tx) => earliestUntils(tx, [randomUUID()]),
    dueHolds: (tx) => deadlines.dueHolds(tx, now, 10),
    liftDeadlines: (tx) => deadlines.liftDeadlines(tx, now, now + 1, 10),
    countTaken: (tx) => countTaken(tx, randomUUID()),
  }
  for (const [name, ask] of Object.entries(asks)) {
    const plan = await plansOf(ask)
    assert.match(plan, /using holds_live_by_show/, name)
    assert.doesNotMatch(plan, /Seq Scan on (holds|shows)|using holds_of_reservation on holds h\n +Filter/, name)
  }
})

test('holds look up each seat by itself, in the order of their ids, even if the plan was made when nobody knew of any seat', async () => {
  const empty = await openTestDatabase(['seat'])
  const grant = { showId: randomUUID(), planVersion: 1, now: 0, until: 1, wanted: [{ holdId: randomUUID(), userId: randomUUID(), seatIds: [1], passNo: 1, hash: 'h', fellBack: false, sections: null }] }
  try {
    for (const [name, ask] of Object.entries({ grantAll, grantHolds })) {
      const plan = await genericPlansOf(empty, (reader) => ask(reader, grant), [{}])
      assert.match(plan, /using seats_pkey on seats.*\n +Index Cond: \(\(show_id = \S+\) AND \(id = \S+\)\)/, name)
      assert.doesNotMatch(plan, /Seq Scan on seats/, name)
    }
    const together = await genericPlansOf(empty, (reader) => grantAll(reader, grant), [{}])
    // a nested loop takes its rows, and so its locks, in the order of the outer side
    assert.match(together, /Update on seats s .*\n +-> +Nested Loop .*\n +-> +CTE Scan on w.*\n +-> +Nested Loop .*\n +-> +Subquery Scan on p.*\n +-> +Index Scan using seats_pkey .*\n +Index Cond: .*\n +-> +Tid Scan on seats s /)
    assert.match(together, /CTE w\n +-> +Sort/)
  } finally {
    await empty.close()
  }
})

test('what changes seats looks up each of them by itself, even if its plan was made when there was no hall', async () => {
  const empty = await openTestDatabase(['seat'])
  const id = randomUUID()
  const asks: Record<string, (tx: Tx) => Promise<unknown>> = {
    moveSeats: (tx) => pins.moveSeats(tx, [{ showId: id, seatId: 1, reservationId: id }], 1, 2),
    freeSold: (tx) => pins.freeSold(tx, [{ showId: id, seatId: 1, reservationId: id }]),
    freeHeld: (tx) => ending.freeHeld(tx, [{ id, showId: id, userId: id, reservationId: id, seatIds: [1] }]),
    swapSeats: (tx) => holds.swapSeats(tx, id, [{ seatId: 1, holdId: id }]),
    lockSeats: (tx) => pins.lockSeats(tx, [{ showId: id, seatId: 1 }]),
    lockSeatsOfShow: (tx) => blocks.lockSeatsOfShow(tx, id, [1]),
    blockSeats: (tx) => blocks.blockSeats(tx, id, [{ seatIds: [1], reason: 'r' }], id),
    unblockSeats: (tx) => blocks.unblockSeats(tx, id, [1]),
  }
  try {
    for (const [name, ask] of Object.entries(asks)) {
      const plan = await genericPlansOf(empty, (reader) => ask(reader as Tx), [{}])
      assert.match(plan, /using seats_pkey on seats.*\n +Index Cond: \(\(show_id = \S+\) AND \(id = .+\)\)/, name)
      assert.doesNotMatch(plan, /Seq Scan on seats/, name)
    }
  } finally {
    await empty.close()
  }
})

test('a pin leaves its hold in every index as it is, and a hold is written into three, four when it is bound', async () => {
  const indexes = await ground.db.rows<{ indexname: string; indexdef: string }>(sql`
    select indexname, indexdef from pg_indexes where schemaname = 'seat' and tablename = 'holds' order by indexname`)
  assert.deepEqual(indexes.map(({ indexname }) => indexname), ['holds_ended_of_user', 'holds_live_by_show', 'holds_live_of_user', 'holds_of_reservation', 'holds_pkey'])
  const holds: Planted[] = []
  const showId = await ground.publish()
  for (const seatId of [1, 2, 3]) holds.push(await plantHold(ground, showId, [seatId]))
  const [hot] = await ground.db.transaction(async (tx) => {
    await pins.pinHolds(tx, holds.map(({ holdId: id }) => ({ id, paymentId: randomUUID() })))
    return tx.rows<{ updated: number; onTheirPage: number }>(sql`
      select pg_stat_get_xact_tuples_updated('seat.holds'::regclass)::int as updated,
        pg_stat_get_xact_tuples_hot_updated('seat.holds'::regclass)::int as "onTheirPage"`)
  })
  assert.deepEqual(hot, { updated: 3, onTheirPage: 3 })
})

test('the blocked seats of a hall of 50,000 are read without the others, by an index that no hold or sale has to write', async () => {
  const showId = await ground.publish()
  const first = (await ground.statuses(showId)).length + 1
  await ground.db.rows(sql`
    insert into seat.seats (show_id, id, section, row_name, number, grade, kind, status, blocked_reason)
    select ${showId}, n, 'Z', '1', n::text, 'R', 'seated', case when n % ${everyBlocked} = 0 then 5 else 0 end, case when n % ${everyBlocked} = 0 then 'sound desk' end
    from generate_series(${first}::int, ${hallSeats}::int) n`)
  const read = (db: Reader) => blocks.readBlocked(db, showId)
  assert.equal((await read(ground.db)).length, hallSeats / everyBlocked)
  for (const analyse of ['', 'analyze seat.seats']) {
    if (analyse) await ground.db.rows(sql([analyse]))
    assert.match(await genericPlansOf(ground.db, read), /using seats_blocked/, analyse)
  }
  const written = await ground.db.rows(sql`
    select indexname from pg_indexes where schemaname = 'seat' and tablename = 'seats' and indexdef ~ '(status|hold_id|reservation_id|version)'`)
  assert.deepEqual(written, [])
})
