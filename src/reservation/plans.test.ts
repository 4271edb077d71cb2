import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { at, type Reader } from '../platform/database.ts'
import { genericPlansOf } from '../platform/testing.ts'
import * as sales from './store-sales.ts'
import { type Ground, openGround, startedAt } from './testing.ts'

const shows = 20
const reservationsEach = 1_000
let ground: Ground
before(async () => {
  ground = await openGround()
  await ground.db.rows(sql`
    with numbered as (
      select gen_random_uuid() as id, md5(s::text)::uuid as show_id, s, n from generate_series(1, ${shows}::int) s, generate_series(1, ${reservationsEach}::int) n),
    made as (
      insert into reservation.reservations (id, number, user_id, show_id, status, total, paid_amount, payment_id, hold_id, show_starts_at, cutoff_minutes, policy_version, plan_version, request_hash, created_at, confirmed_at)
      select id, upper(translate(substr(md5(id::text), 1, 8), 'ilou', 'abcd')), gen_random_uuid(), show_id, 'confirmed', 1, 1, gen_random_uuid(), gen_random_uuid(), ${at(startedAt)}, 1, 1, 1, '', ${at(startedAt)}, ${at(startedAt)} from numbered
      on conflict do nothing returning id, show_id)
    insert into reservation.lines (reservation_id, seat_id, show_id, section, row_name, number, grade, price_type, price, fee, status, sold)
    select id, row_number() over (partition by show_id order by id), show_id, 'A', '1', '1', 'R', 'default', 1, 0, 'active', true from made`)
  await ground.db.rows(sql`
    insert into reservation.cancellations (id, reservation_id, seat_ids, refund, reason, request_hash, created_at, show_id, paid)
    select gen_random_uuid(), reservation_id, '{1}', 1, 'x', '', ${at(startedAt)}, show_id, true from reservation.lines`)
  await ground.db.rows(sql`analyze reservation.reservations, reservation.lines, reservation.cancellations`)
})
after(() => ground.close())

test('no statement behind a show’s sales or its report reads other shows, or more of this one than a page', async () => {
  const [showId, place] = [randomUUID(), { at: startedAt, id: randomUUID() }]
  const asks: Record<string, (db: Reader) => Promise<unknown>> = {
    liveLines: (db) => sales.liveLines(db, showId, place.id, 500),
    refundedLines: (db) => sales.refundedLines(db, showId, place, 500),
    soldLines: (db) => sales.soldLines(db, showId, 0, 500),
    linesOfCancellations: (db) => sales.linesOfCancellations(db, [place.id]),
    newestRefunds: (db) => sales.newestRefunds(db, showId, place, 20),
    oldestRefunds: (db) => sales.oldestRefunds(db, showId, place, 100),
  }
  for (const [name, ask] of Object.entries(asks)) {
    const plan = await genericPlansOf(ground.db, ask)
    assert.match(plan, /Index Scan|Index Only Scan/, name)
    assert.doesNotMatch(plan, /Seq Scan/, `${name}\n${plan}`)
    if (name !== 'linesOfCancellations') {
      // the page comes from the front of an index in its order: nothing is sorted before it is cut
      const page = plan.slice(plan.indexOf('CTE'), plan.indexOf('CTE Scan') > 0 ? plan.indexOf('CTE Scan') : undefined)
      assert.match(page, /Limit/, `${name}\n${plan}`)
      assert.match(page, /reservations_live_of_show|cancellations_of_show|lines_sold_once/, `${name}\n${plan}`)
    }
  }
})
