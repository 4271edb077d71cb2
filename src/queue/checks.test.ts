import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import sql, { type Sql } from 'sql-template-tag'
import { at } from '../platform/database.ts'
import { queueChecks } from './checks.ts'
import { type Ground, lineRow, minute, openGround, someone, verified, type Who } from './testing.ts'

let ground: Ground
let showId: string
let windowId: string
let late: Who
/** A line with somebody inside, called and two waiting. */
before(async () => {
  ground = await openGround({ capDefault: 2 })
  showId = await ground.publish()
  const [first] = (await ground.crowd(showId, 4)) as [Who]
  await ground.queue.pass(verified(first))
  await ground.run('queue.sweep')
  late = someone(showId)
  windowId = (await lineRow(ground.db, showId)).windowId
})
after(() => ground.close())

class Undone extends Error {}

/** Names of the checks that find something after these statements, which are undone. */
async function planted(statements: Sql[], now = ground.clock.now): Promise<string[]> {
  assert.deepEqual(await ground.violations(), [])
  const found: string[] = []
  const work = ground.db.transaction(async (tx) => {
    for (const statement of statements) await tx.rows(statement)
    for (const check of queueChecks) if ((await tx.rows(check.query(now))).length > 0) found.push(check.name)
    throw new Undone()
  })
  await assert.rejects(work, Undone)
  return found
}

const nameOf = (index: number) => queueChecks[index]?.name

test('a slot that no place takes up is found', async () => {
  assert.deepEqual(await planted([sql`update queue.lines set live = live + 1 where window_id = ${windowId}`]), [nameOf(0)])
})

test('a pass number above the last given, or given twice, is found', async () => {
  assert.deepEqual(await planted([sql`update queue.places set pass_no = 7 where window_id = ${windowId} and number = 1`]), [nameOf(1)])
  assert.deepEqual(await planted([
    sql`update queue.places set pass_no = 1, user_id = (select user_id from queue.places where window_id = ${windowId} and number = 1),
      status = 'ended', ended_reason = 'left', ended_at = joined_at, until = null where window_id = ${windowId} and number = 2`,
    sql`update queue.lines set live = 1 where window_id = ${windowId}`,
  ]), [nameOf(1), nameOf(7)])
})

test('two live places of a user are found', async () => {
  assert.deepEqual(await planted([
    sql`drop index queue.places_one_live`,
    sql`update queue.places set user_id = (select user_id from queue.places where window_id = ${windowId} and number = 3)
      where window_id = ${windowId} and number = 4`,
  ]), [nameOf(2)])
})

test('a gap in the numbers is found', async () => {
  assert.deepEqual(await planted([sql`delete from queue.places where window_id = ${windowId} and number = 3`]), [nameOf(3)])
})

test('a waiter who was passed, and a call ahead of the line, are found', async () => {
  assert.deepEqual(await planted([sql`update queue.lines set admitted_through = 3 where window_id = ${windowId}`]), [nameOf(4)])
  assert.deepEqual(await planted([
    sql`update queue.places set status = 'asleep', called_at = joined_at where window_id = ${windowId} and number = 4`,
  ]), [nameOf(4), nameOf(7)])
})

test('a place that left and is not counted is found', async () => {
  const statement = sql`insert into queue.left_blocks (window_id, block, places) values (${windowId}, 0, 1)`
  assert.deepEqual(await planted([statement]), [nameOf(6)])
})

test('a log that says less, more or something else than the places is found', async () => {
  const of = (number: number) => sql`window_id = ${windowId} and number = ${number}`
  const add = (number: number, what: string, reason: string | null) => sql`
    insert into queue.place_events (window_id, number, at, what, reason) values (${windowId}, ${number}, now(), ${what}, ${reason})`
  for (const statement of [
    sql`delete from queue.place_events where ${of(1)} and what = 'claimed'`,
    sql`delete from queue.place_events where ${of(2)}`,
    add(3, 'called', null),
    add(3, 'ended', 'left'),
    add(2, 'slept', null),
  ]) assert.deepEqual(await planted([statement]), [nameOf(7)])
  await ground.queue.join(late)
  await ground.queue.leave(late)
  assert.deepEqual(await planted([sql`delete from queue.place_events where ${of(5)}`]), [nameOf(7)])
  assert.deepEqual(await planted([sql`update queue.place_events set reason = 'purchase' where ${of(5)}`]), [nameOf(7)])
})

test('a turn long past its end is found while the sweep beats, and is no violation during an outage', async () => {
  const now = ground.clock.now + 3 * minute + 10_001
  assert.deepEqual(await planted([sql`update queue.heartbeats set beat_at = ${at(now)}`], now), [nameOf(5)])
  assert.deepEqual(await planted([], now), [])
})

test('constraints refuse what no statement may write', async () => {
  const { db } = ground
  const place = (values: Sql) => db.rows(sql`insert into queue.places (window_id, number, user_id, status, joined_at, until, ended_reason)
    select window_id, ${values} from queue.lines limit 1`)
  for (const values of [
    sql`0, ${randomUUID()}::uuid, 'waiting', now(), null, null`,
    sql`9, ${randomUUID()}::uuid, 'called', now(), null, null`,
    sql`9, ${randomUUID()}::uuid, 'waiting', now(), now(), null`,
    sql`9, ${randomUUID()}::uuid, 'ended', now(), null, null`,
  ]) await assert.rejects(place(values), { code: '23514' })
  const told = (what: string, reason: string | null) => db.rows(sql`
    insert into queue.place_events (window_id, number, at, what, reason) values (${windowId}, 3, now(), ${what}, ${reason})`)
  await assert.rejects(told('ended', null), { code: '23514' })
  await assert.rejects(db.rows(sql`update queue.lines set live = -1`), { code: '23514' })
  await assert.rejects(db.rows(sql`update queue.lines set admitted_through = last + 1`), { code: '23514' })
  await assert.rejects(db.rows(sql`
    insert into queue.places (window_id, number, user_id, status, joined_at)
    select window_id, 9, user_id, 'waiting', now() from queue.places where number = 3`), { code: '23505' })
})
