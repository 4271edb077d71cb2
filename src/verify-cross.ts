import sql, { raw } from 'sql-template-tag'
import { serviceNames } from './services.ts'
import type { CrossCheck } from './platform/check.ts'
import { at, type Reader } from './platform/database.ts'

const shownMax = 20
const outboxOldMs = 60_000

type SoldSeat = { show_id: string; id: number; reservation_id: string }
type SoldLine = { show_id: string; seat_id: number; reservation_id: string; status: string }
const soldSeats = (db: Reader) => db.rows<SoldSeat>(sql`select show_id, id, reservation_id from seat.seats where status = 3`)
const liveLines = (db: Reader) => db.rows<SoldLine>(sql`
  select l.show_id, l.seat_id, l.reservation_id, r.status from reservation.lines l
  join reservation.reservations r on r.id = l.reservation_id
  where l.status = 'active' and r.status in ('confirmed', 'paying')`)
const payments = (db: Reader) => db.rows<{ id: string; user_id: string; reservation_id: string; amount: number | null; status: string }>(sql`
  select id, user_id, reservation_id, amount, status from payment.payments`)
const refunds = (db: Reader) => db.rows<{ cancellation_id: string; payment_id: string; amount: number; status: string }>(sql`
  select cancellation_id, payment_id, amount, status from payment.refunds`)
const moved = (db: Reader, kind: string) => db.rows<{ ref: string; amount: number }>(sql`
  select ref, amount from wallet.transfers where kind = ${kind}`)

/** Invariants that no single service can see. */
export const crossChecks: CrossCheck[] = [
  {
    id: 'I1',
    name: 'a seat is sold exactly when one active line of a confirmed or paying reservation has it',
    compare: async (db) => {
      const seats = new Map((await soldSeats(db)).map((seat) => [`${seat.show_id} ${seat.id}`, seat.reservation_id]))
      const lines = await liveLines(db)
      const owners = new Map<string, string>()
      const wrong: unknown[] = []
      for (const line of lines) {
        const name = `${line.show_id} ${line.seat_id}`
        const seller = seats.get(name)
        if (line.status === 'confirmed' && seller !== line.reservation_id) wrong.push({ ...line, soldTo: seller ?? null })
        if (seller === line.reservation_id) {
          if (owners.has(name)) wrong.push({ seat: name, reservations: [owners.get(name), line.reservation_id] })
          owners.set(name, line.reservation_id)
        }
      }
      for (const [seat, reservationId] of seats) if (!owners.has(seat)) wrong.push({ seat, reservationId, line: null })
      return wrong.slice(0, shownMax)
    },
  },
  {
    id: 'I8',
    name: 'what was paid less what was refunded is the sum of the active lines, per reservation',
    compare: async (db) => {
      const lines = await db.rows<{ reservation_id: string; total: number }>(sql`
        select l.reservation_id, sum(l.price + l.fee)::bigint as total from reservation.lines l
        join reservation.reservations r on r.id = l.reservation_id
        where l.status = 'active' and r.status = 'confirmed' group by 1`)
      const worth = new Map(lines.map((line) => [line.reservation_id, line.total]))
      const back = new Map<string, number>()
      for (const refund of await refunds(db)) back.set(refund.payment_id, (back.get(refund.payment_id) ?? 0) + refund.amount)
      const wrong: unknown[] = []
      const paid = new Set<string>()
      for (const payment of await payments(db)) {
        if (payment.status !== 'completed') continue
        paid.add(payment.reservation_id)
        const kept = (payment.amount ?? 0) - (back.get(payment.id) ?? 0)
        if (kept !== (worth.get(payment.reservation_id) ?? 0)) wrong.push({ payment: payment.id, kept, lines: worth.get(payment.reservation_id) ?? 0 })
      }
      for (const reservationId of worth.keys()) if (!paid.has(reservationId)) wrong.push({ reservationId, payment: null })
      return wrong.slice(0, shownMax)
    },
  },
  {
    id: 'I8',
    name: 'a completed payment moved its amount once, a failed one moved nothing, a done refund moved back once',
    compare: async (db) => {
      const debits = new Map((await moved(db, 'payment')).map((transfer) => [transfer.ref, transfer.amount]))
      const backs = new Map((await moved(db, 'refund')).map((transfer) => [transfer.ref, transfer.amount]))
      const wrong: unknown[] = []
      const known = new Set<string>()
      for (const payment of await payments(db)) {
        known.add(payment.id)
        const debited = debits.get(payment.id) ?? 0
        if (payment.status === 'completed' && debited !== payment.amount) wrong.push({ payment: payment.id, amount: payment.amount, debited })
        if (payment.status === 'failed' && debited !== 0) wrong.push({ payment: payment.id, status: 'failed', debited })
      }
      for (const ref of debits.keys()) if (!known.has(ref)) wrong.push({ debit: ref, payment: null })
      for (const refund of await refunds(db)) {
        const amount = backs.get(refund.cancellation_id)
        if (refund.status === 'done' && amount !== refund.amount) wrong.push({ refund: refund.cancellation_id, amount: refund.amount, moved: amount ?? 0 })
        backs.delete(refund.cancellation_id)
      }
      for (const ref of backs.keys()) wrong.push({ moved: ref, refund: null })
      return wrong.slice(0, shownMax)
    },
  },
  {
    id: 'I21',
    name: 'hold, reservation and payment of one purchase belong to one user',
    compare: async (db) => {
      const reservations = new Map((await db.rows<{ id: string; user_id: string }>(sql`select id, user_id from reservation.reservations`)).map((r) => [r.id, r.user_id]))
      const holds = await db.rows<{ id: string; user_id: string; reservation_id: string }>(sql`select id, user_id, reservation_id from seat.holds where reservation_id is not null`)
      const others = [...holds, ...(await payments(db))].filter((row) => (reservations.get(row.reservation_id) ?? row.user_id) !== row.user_id)
      return others.slice(0, shownMax)
    },
  },
  {
    id: 'I10',
    name: 'nobody held seats with a pass that the queue never issued',
    compare: async (db) => {
      const issued = new Map((await db.rows<{ name: string; number: number }>(sql`
        select l.show_id || ' ' || p.user_id as name, max(p.pass_no) as number from queue.places p
        join queue.lines l using (window_id) group by 1`)).map((row) => [row.name, row.number]))
      const held = await db.rows<{ name: string; number: number }>(sql`
        select show_id || ' ' || user_id as name, last_pass_held as number from seat.quotas where last_pass_held > 0`)
      return held.filter((row) => row.number > (issued.get(row.name) ?? 0)).slice(0, shownMax)
    },
  },
  {
    id: 'I15',
    name: 'nothing waits in an outbox for more than a minute and nothing is parked',
    compare: async (db, now) => {
      const wrong: unknown[] = []
      for (const service of serviceNames) {
        wrong.push(...await db.rows(sql`select ${service}::text as service, key, name from ${raw(`"${service}"`)}.outbox where occurred_at < ${at(now - outboxOldMs)} limit ${shownMax}`))
        wrong.push(...await db.rows(sql`select ${service}::text as parked_by, producer, key, name, error from ${raw(`"${service}"`)}.parked limit ${shownMax}`))
      }
      return wrong.slice(0, shownMax)
    },
  },
]
