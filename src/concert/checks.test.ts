import assert from 'node:assert/strict'
import { afterEach, before, beforeEach, after, test } from 'node:test'
import sql, { type Sql } from 'sql-template-tag'
import { concertChecks } from './checks.ts'
import { assertSound, day, general, type Ground, openGround, presale, publishedShow, times } from './testing.ts'

let ground: Ground
let show: { id: string; concertId: string }
before(async () => {
  ground = await openGround()
  await ground.db.rows(sql`alter table concert.shows drop constraint shows_sold_with_plan`)
  await ground.db.rows(sql`alter table concert.concerts drop constraint concerts_deleted_or_deleting`)
})
beforeEach(async () => {
  show = await publishedShow(ground)
  await ground.api.setWindows({ by: ground.organiser, showId: show.id, windows: [presale, general] })
  await assertSound(ground)
})
afterEach(async () => {
  await ground.db.rows(sql`truncate concert.staff, concert.concerts, concert.shows, concert.windows, concert.window_codes`)
})
after(() => ground.close())

/** Exactly the check of this id sees the damage, and names the show or concert. */
async function assertFound(id: string, damage: Sql) {
  await ground.db.rows(damage)
  for (const check of concertChecks) {
    const rows = await ground.db.rows<object>(check.query(ground.clock.now))
    if (check.id !== id) continue
    assert.equal(rows.length > 0, true, check.name)
    const named = rows.every((row) => Object.values(row).some((value) => value === show.id || value === show.concertId))
    assert.equal(named, true, JSON.stringify(rows))
  }
}

test('S1 finds a published show without a plan', () => assertFound('S1', sql`update concert.shows set plan = null where id = ${show.id}`))
test('S1 finds a grade without a price', () => assertFound('S1', sql`update concert.shows set prices = prices - 1 where id = ${show.id}`))
test('S1 finds a published show without windows', () => assertFound('S1', sql`delete from concert.windows where show_id = ${show.id}`))
test('S2 finds windows that overlap', () =>
  assertFound('S2', sql`update concert.windows set closes_at = closes_at + interval '1 ms' where show_id = ${show.id} and name = ${presale.name}`))
test('S3 finds totals that are not the plan\'s', () =>
  assertFound('S3', sql`update concert.shows set plan = jsonb_set(plan, '{sections,0,rows,0,seats}', '4') where id = ${show.id}`))
test('S3 finds a grade of the totals that the plan has not', () =>
  assertFound('S3', sql`update concert.shows set totals = totals || '[{"grade":"X","total":1}]' where id = ${show.id}`))
test('S3 finds a grade of rows that the totals do not know', () =>
  assertFound('S3', sql`update concert.shows set plan = jsonb_set(plan, '{sections,0,rows,0,grade}', '"R"') where id = ${show.id}`))
test('S4 finds a show that closes for too long', () =>
  assertFound('S4', sql`update concert.shows set status = 'closing', closing_purpose = 'delete',
    closing_at = ${new Date(ground.clock.now - 60_001)} where id = ${show.id}`))
test('S4 finds a deletion that waits for nothing', () =>
  assertFound('S4', sql`update concert.concerts set deleting_at = ${new Date(ground.clock.now)} where id = ${show.concertId}`))
test('S5 finds a deleted concert with a show that sells', () =>
  assertFound('S5', sql`update concert.concerts set deleted_at = ${new Date(ground.clock.now)} where id = ${show.concertId}`))
test('S5 finds a concert sorted by a wrong date', () =>
  assertFound('S5', sql`update concert.concerts set first_show_at = ${new Date(times.startsAt - day)} where id = ${show.concertId}`))
