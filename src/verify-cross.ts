import sql, { raw } from 'sql-template-tag'
import type { CrossCheck } from './platform/check.ts'
import { at, type Reader } from './platform/database.ts'
import { serviceNames } from './services.ts'
import * as exports from './verify-exports.ts'

const shownMax = 20
const outboxOldMs = 60_000
const soldStatus = 3

/** Invariants that no single service can see; each reads `pageMax` rows at a time and stops when enough is found. */
export function createCrossChecks(pageMax = 1_000): CrossCheck[] {
  /** What `look` finds wrong in the pages of a table. */
  async function wrongIn<Row>(db: Reader, page: exports.PageOf<Row>, look: (rows: Row[]) => Promise<unknown[]>): Promise<unknown[]> {
    const wrong: unknown[] = []
    for (let after: Row | undefined; wrong.length < shownMax; ) {
      const rows = await page(db, after, pageMax)
      if (rows.length > 0) wrong.push(...(await look(rows)))
      if (rows.length < pageMax) break
      after = rows.at(-1)
    }
    return wrong
  }

  return [
    {
      id: 'I1',
      name: 'a seat is sold exactly when one active line of a confirmed or paying reservation has it',
      compare: async (db) => firsts(
        await wrongIn(db, exports.linePage, (lines) => unsoldLines(db, lines)),
        await wrongIn(db, exports.seatPage, (seats) => seatsWithoutLine(db, seats)),
      ),
    },
    {
      id: 'I8',
      name: 'what was paid less what was refunded is the sum of the active lines, per reservation',
      compare: async (db) => firsts(
        await wrongIn(db, exports.paymentPage, (payments) => unequalPayments(db, payments)),
        await wrongIn(db, exports.reservationPage, (reservations) => unpaidReservations(db, reservations)),
      ),
    },
    {
      id: 'I8',
      name: 'a completed payment moved its amount once, a failed one moved nothing, a done refund moved back once',
      compare: async (db) => firsts(
        await wrongIn(db, exports.paymentPage, (payments) => unmovedPayments(db, payments)),
        await wrongIn(db, exports.transferPage('payment'), async (transfers) => {
          const known = await exports.knownPayments(db, transfers.map(({ ref }) => ref))
          return transfers.filter(({ ref }) => !known.has(ref)).map(({ ref }) => ({ debit: ref, payment: null }))
        }),
        await wrongIn(db, exports.refundPage, (refunds) => unmovedRefunds(db, refunds)),
        await wrongIn(db, exports.transferPage('refund'), async (transfers) => {
          const known = await exports.knownRefunds(db, transfers.map(({ ref }) => ref))
          return transfers.filter(({ ref }) => !known.has(ref)).map(({ ref }) => ({ moved: ref, refund: null }))
        }),
      ),
    },
    {
      id: 'I21',
      name: 'hold, reservation and payment of one purchase belong to one user',
      compare: async (db) => firsts(
        await wrongIn(db, exports.holdPage, (holds) => strangers(db, holds)),
        await wrongIn(db, exports.paymentPage, (payments) => strangers(db, payments)),
      ),
    },
    {
      id: 'I10',
      name: 'nobody held seats with a pass that the queue never issued',
      compare: async (db) => firsts(await wrongIn(db, exports.quotaPage, async (quotas) => {
        const held = quotas.filter(({ number }) => number > 0).map(({ show_id, user_id, number }) => ({ name: `${show_id} ${user_id}`, number, user_id }))
        const issued = await exports.passesOf(db, [...new Set(held.map((row) => row.user_id))])
        return held.filter((row) => row.number > (issued.get(row.name) ?? 0)).map(({ name, number }) => ({ name, number }))
      })),
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
        return firsts(wrong)
      },
    },
  ]
}

export const crossChecks = createCrossChecks()

const firsts = (...found: unknown[][]) => found.flat().slice(0, shownMax)

async function unsoldLines(db: Reader, lines: exports.Line[]): Promise<unknown[]> {
  const confirmed = lines.filter((line) => line.active && line.status === 'confirmed')
  const owners = await exports.soldTo(db, confirmed)
  return confirmed.flatMap(({ show_id, seat_id, reservation_id, status }) => {
    const soldTo = owners.get(`${show_id} ${seat_id}`) ?? null
    return soldTo === reservation_id ? [] : [{ show_id, seat_id, reservation_id, status, soldTo }]
  })
}

/** A reservation has a seat on one line only, so one look-up says whether exactly one has it. */
async function seatsWithoutLine(db: Reader, seats: exports.Seat[]): Promise<unknown[]> {
  const sold = seats.filter((seat) => seat.status === soldStatus)
  const owned = await exports.onLines(db, sold)
  return sold.filter((seat) => !owned.has(`${seat.show_id} ${seat.id} ${seat.reservation_id}`))
    .map((seat) => ({ seat: `${seat.show_id} ${seat.id}`, reservationId: seat.reservation_id, line: null }))
}

async function unequalPayments(db: Reader, payments: exports.Payment[]): Promise<unknown[]> {
  const completed = payments.filter((payment) => payment.status === 'completed')
  const back = await exports.refundedOf(db, completed.map(({ id }) => id))
  const worth = await exports.worthOf(db, completed.map((payment) => payment.reservation_id))
  return completed.flatMap(({ id, amount, reservation_id }) => {
    const [kept, lines] = [(amount ?? 0) - (back.get(id) ?? 0), worth.get(reservation_id) ?? 0]
    return kept === lines ? [] : [{ payment: id, kept, lines }]
  })
}

async function unpaidReservations(db: Reader, reservations: exports.Reservation[]): Promise<unknown[]> {
  const confirmed = reservations.filter(({ status }) => status === 'confirmed').map(({ id }) => id)
  const worth = await exports.worthOf(db, confirmed)
  const paid = await exports.paidReservations(db, confirmed)
  return confirmed.filter((id) => worth.has(id) && !paid.has(id)).map((reservationId) => ({ reservationId, payment: null }))
}

async function unmovedPayments(db: Reader, payments: exports.Payment[]): Promise<unknown[]> {
  const debits = await exports.movedFor(db, 'payment', payments.map(({ id }) => id))
  return payments.flatMap(({ id, amount, status }): unknown[] => {
    const debited = debits.get(id) ?? 0
    if (status === 'completed' && debited !== amount) return [{ payment: id, amount, debited }]
    return status === 'failed' && debited !== 0 ? [{ payment: id, status, debited }] : []
  })
}

async function unmovedRefunds(db: Reader, refunds: exports.Refund[]): Promise<unknown[]> {
  const backs = await exports.movedFor(db, 'refund', refunds.map((refund) => refund.cancellation_id))
  return refunds.flatMap(({ cancellation_id, amount, status }) => {
    const moved = backs.get(cancellation_id) ?? 0
    return status === 'done' && moved !== amount ? [{ refund: cancellation_id, amount, moved }] : []
  })
}

async function strangers(db: Reader, rows: { id: string; user_id: string; reservation_id: string | null }[]): Promise<unknown[]> {
  const bound = rows.filter((row) => row.reservation_id !== null)
  const owners = await exports.ownersOf(db, bound.map((row) => row.reservation_id as string))
  return bound.filter((row) => (owners.get(row.reservation_id as string) ?? row.user_id) !== row.user_id)
}
