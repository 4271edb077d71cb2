import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { at } from '../platform/database.ts'
import { reservationLimits } from './api.ts'
import { confirm, type Ground, openGround, startedAt } from './testing.ts'

const reservations = reservationLimits.figuresPageMax * 2 + 201
const cancelledOf = reservationLimits.figuresPageMax + 101
let ground: Ground
let showId: string
before(async () => {
  ground = await openGround()
  showId = randomUUID()
  await plant()
})
after(() => ground.close())

/** More than two pages of reservations with two seats each; of the first ones a seat was refunded, two at each instant. */
async function plant() {
  const idOf = sql`md5(n::text)::uuid`
  await ground.db.rows(sql`
    insert into reservation.reservations (id, number, user_id, show_id, status, total, paid_amount, payment_id, hold_id, show_starts_at, cutoff_minutes, policy_version, plan_version, request_hash, created_at, confirmed_at)
    select ${idOf}, lpad(n::text, 8, '0'), md5('u' || n % 700)::uuid, ${showId}, 'confirmed', 200, 400, gen_random_uuid(), gen_random_uuid(), ${at(startedAt)}, 1, 1, 1, '', ${at(startedAt)},
      ${at(startedAt)}::timestamptz + make_interval(mins => n % 50) from generate_series(1, ${reservations}::int) n`)
  await ground.db.rows(sql`
    insert into reservation.cancellations (id, reservation_id, seat_ids, refund, reason, by, request_hash, created_at, show_id, paid)
    select md5('c' || n)::uuid, ${idOf}, array[2 * n], 200, 'reason ' || n % 30, case when n % 2 = 0 then md5('o')::uuid end, '', ${at(startedAt)}::timestamptz + make_interval(secs => n / 2), ${showId}, true
    from generate_series(1, ${cancelledOf}::int) n`)
  await ground.db.rows(sql`
    insert into reservation.lines (reservation_id, seat_id, show_id, section, row_name, number, grade, price_type, price, fee, status, cancelled_by, sold)
    select ${idOf}, 2 * n + k, ${showId}, 'A', '1', (2 * n + k)::text, case when n % 3 = 0 then 'R' else 'S' end, 'default', 190, 10,
      case when k = 0 and n <= ${cancelledOf}::int then 'cancelled' else 'active' end, case when k = 0 and n <= ${cancelledOf}::int then md5('c' || n)::uuid end, true
    from generate_series(1, ${reservations}::int) n, generate_series(0, 1) k`)
}

test('figures of a sale of many pages are its rows, each once', async () => {
  const { prices, buyers, purchases, reasons, days } = await ground.api.figures({ showId })
  const rows = await ground.db.rows<{ grade: string; status: string; count: number }>(sql`
    select grade, status, count(*)::int as count from reservation.lines where show_id = ${showId} group by 1, 2`)
  for (const { grade, sold, refunded, gross, fees, refunds } of prices) {
    const count = (status: string) => rows.find((row) => row.grade === grade && row.status === status)?.count ?? 0
    const [active, cancelled] = [count('active'), count('cancelled')]
    assert.deepEqual({ sold, refunded, gross, fees, refunds }, { sold: active, refunded: cancelled, gross: (active + cancelled) * 190, fees: (active + cancelled) * 10, refunds: cancelled * 200 }, grade)
  }
  assert.deepEqual([prices.length, buyers, purchases], [2, 700, reservations])
  assert.deepEqual(days.map(({ seats, refundedSeats }) => [seats, refundedSeats]), [[reservations * 2, cancelledOf]])
  const organisers = reasons.filter(({ kind }) => kind === 'organiser')
  assert.ok(reasons.length <= reservationLimits.reasonsMax + 1)
  assert.deepEqual([reasons.reduce((sum, { seats }) => sum + seats, 0), organisers.reduce((sum, { seats }) => sum + seats, 0)], [cancelledOf, Math.floor(cancelledOf / 2)])
})

test('pages of what is sold, and of refunds both ways, have each once, also where many share an instant', async () => {
  const seats: number[] = []
  for (let afterSeat = 0; ; afterSeat = seats.at(-1) ?? 0) {
    const { lines } = await ground.api.sold({ showId, afterSeat, limit: 400 })
    seats.push(...lines.map(({ seatId }) => seatId))
    if (lines.length < 400) break
  }
  assert.deepEqual([seats.length, new Set(seats).size, seats.every((seat, i) => i === 0 || seat > (seats[i - 1] ?? 0))], [reservations * 2 - cancelledOf, seats.length, true])
  for (const way of ['after', 'before'] as const) {
    const ids: string[] = []
    const instants: number[] = []
    for (let place = way === 'after' ? { at: 0, id: '00000000-0000-0000-0000-000000000000' } : undefined; ; ) {
      const { refunds } = await ground.api.refunds({ showId, limit: 101, ...(place && { [way]: place }) })
      ids.push(...refunds.map(({ cancellationId }) => cancellationId))
      instants.push(...refunds.map((refund) => refund.at))
      assert.ok(refunds.every(({ lines, refund }) => lines.length === 1 && refund === 200))
      const last = refunds.at(-1)
      if (!last || refunds.length < 101) break
      place = { at: last.at, id: last.cancellationId }
    }
    assert.deepEqual([ids.length, new Set(ids).size], [cancelledOf, cancelledOf], way)
    assert.deepEqual(instants, instants.toSorted((a, b) => (way === 'after' ? a - b : b - a)), way)
  }
})

test('what a fan did is told as the fan’s own, what was done to the fan with its reason', async () => {
  const { made, own } = await confirm(ground, [1, 2, 3])
  await ground.api.cancel({ ...own, cancellationId: randomUUID(), seatIds: [1], reason: 'cancelled' })
  await ground.api.refund({ cancellationId: randomUUID(), showId: made.showId, reservationId: made.id, by: randomUUID(), seatIds: [2], reason: 'a pillar' })
  await ground.hear('show.cancelled', { showId: made.showId }, made.showId)
  await ground.runJobs()
  const { steps } = await ground.api.story({ userId: made.userId, showId: made.showId })
  const ends = steps.filter(({ what }) => what.startsWith('seats_')).map(({ what, detail }) => `${what} ${(detail.seatIds as number[]).join()} ${detail.reason ?? ''}`)
  assert.deepEqual(ends.sort(), ['seats_cancelled 1 ', 'seats_refunded 2 a pillar', 'seats_refunded 3 show_cancelled'])
})
