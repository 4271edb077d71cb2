import { type ServiceName, serviceNames } from './services.ts'
import type { Exports, Line, Payment, Refund, Reservation, Seat } from './verify-exports.ts'

/** An invariant between two services: reads what each of `services` exports and compares here, for no statement joins two schemas. */
export type CrossCheck = { id: string; name: string; services: readonly ServiceName[]; compare: (from: Exports, now: number) => Promise<unknown[]> }
/** A page of an export, wherever it is read. */
type Page<Row> = (after: Row | undefined, max: number) => Promise<Row[]>

const shownMax = 20
const outboxOldMs = 60_000
const soldStatus = 3

/** Invariants that no single service can see; each reads `pageMax` rows at a time and stops when enough is found. */
export function createCrossChecks(pageMax = 1_000): CrossCheck[] {
  /** What `look` finds wrong in the pages of a table. */
  async function wrongIn<Row>(page: Page<Row>, look: (rows: Row[]) => Promise<unknown[]>): Promise<unknown[]> {
    const wrong: unknown[] = []
    for (let after: Row | undefined; wrong.length < shownMax; ) {
      const rows = await page(after, pageMax)
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
      services: ['seat', 'reservation'],
      compare: async (from) => firsts(
        await wrongIn(from.reservation.linePage, (lines) => unsoldLines(from, lines)),
        await wrongIn(from.seat.seatPage, (seats) => seatsWithoutLine(from, seats)),
      ),
    },
    {
      id: 'I8',
      name: 'what was paid less what was refunded is the sum of the active lines, per reservation',
      services: ['reservation', 'payment'],
      compare: async (from) => firsts(
        await wrongIn(from.payment.paymentPage, (payments) => unequalPayments(from, payments)),
        await wrongIn(from.reservation.reservationPage, (reservations) => unpaidReservations(from, reservations)),
      ),
    },
    {
      id: 'I8',
      name: 'a completed payment moved its amount once, a failed one moved nothing, a done refund moved back once',
      services: ['wallet', 'payment'],
      compare: async (from) => firsts(
        await wrongIn(from.payment.paymentPage, (payments) => unmovedPayments(from, payments)),
        await wrongIn(from.wallet.paymentTransferPage, async (transfers) => {
          const known = await from.payment.knownPayments(transfers.map(({ ref }) => ref))
          return transfers.filter(({ ref }) => !known.has(ref)).map(({ ref }) => ({ debit: ref, payment: null }))
        }),
        await wrongIn(from.payment.refundPage, (refunds) => unmovedRefunds(from, refunds)),
        await wrongIn(from.wallet.refundTransferPage, async (transfers) => {
          const known = await from.payment.knownRefunds(transfers.map(({ ref }) => ref))
          return transfers.filter(({ ref }) => !known.has(ref)).map(({ ref }) => ({ moved: ref, refund: null }))
        }),
      ),
    },
    {
      id: 'I21',
      name: 'hold, reservation and payment of one purchase belong to one user',
      services: ['seat', 'reservation', 'payment'],
      compare: async (from) => firsts(
        await wrongIn(from.seat.holdPage, (holds) => strangers(from, holds)),
        await wrongIn(from.payment.paymentPage, (payments) => strangers(from, payments)),
      ),
    },
    {
      id: 'I10',
      name: 'nobody held seats with a pass that the queue never issued',
      services: ['seat', 'queue'],
      compare: async (from) => firsts(await wrongIn(from.seat.quotaPage, async (quotas) => {
        const held = quotas.filter(({ number }) => number > 0).map(({ show_id, user_id, number }) => ({ name: `${show_id} ${user_id}`, number, user_id }))
        const issued = await from.queue.passesOf([...new Set(held.map((row) => row.user_id))])
        return held.filter((row) => row.number > (issued.get(row.name) ?? 0)).map(({ name, number }) => ({ name, number }))
      })),
    },
    ...serviceNames.map((service): CrossCheck => ({
      id: 'I15',
      name: `nothing waits in the outbox of ${service} for more than a minute and nothing is parked there`,
      services: [service],
      compare: async (from, now) => firsts(await from[service].waiting(now - outboxOldMs, shownMax)),
    })),
  ]
}

export const crossChecks = createCrossChecks()

const firsts = (...found: unknown[][]) => found.flat().slice(0, shownMax)

async function unsoldLines(from: Exports, lines: Line[]): Promise<unknown[]> {
  const confirmed = lines.filter((line) => line.active && line.status === 'confirmed')
  const owners = await from.seat.soldTo(confirmed)
  return confirmed.flatMap(({ show_id, seat_id, reservation_id, status }) => {
    const soldTo = owners.get(`${show_id} ${seat_id}`) ?? null
    return soldTo === reservation_id ? [] : [{ show_id, seat_id, reservation_id, status, soldTo }]
  })
}

/** A reservation has a seat on one line only, so one look-up says whether exactly one has it. */
async function seatsWithoutLine(from: Exports, seats: Seat[]): Promise<unknown[]> {
  const sold = seats.filter((seat) => seat.status === soldStatus)
  const owned = await from.reservation.onLines(sold)
  return sold.filter((seat) => !owned.has(`${seat.show_id} ${seat.id} ${seat.reservation_id}`))
    .map((seat) => ({ seat: `${seat.show_id} ${seat.id}`, reservationId: seat.reservation_id, line: null }))
}

async function unequalPayments(from: Exports, payments: Payment[]): Promise<unknown[]> {
  const completed = payments.filter((payment) => payment.status === 'completed')
  const back = await from.payment.refundedOf(completed.map(({ id }) => id))
  const worth = await from.reservation.worthOf(completed.map((payment) => payment.reservation_id))
  return completed.flatMap(({ id, amount, reservation_id }) => {
    const [kept, lines] = [(amount ?? 0) - (back.get(id) ?? 0), worth.get(reservation_id) ?? 0]
    return kept === lines ? [] : [{ payment: id, kept, lines }]
  })
}

async function unpaidReservations(from: Exports, reservations: Reservation[]): Promise<unknown[]> {
  const confirmed = reservations.filter(({ status }) => status === 'confirmed').map(({ id }) => id)
  const worth = await from.reservation.worthOf(confirmed)
  const paid = await from.payment.paidReservations(confirmed)
  return confirmed.filter((id) => worth.has(id) && !paid.has(id)).map((reservationId) => ({ reservationId, payment: null }))
}

async function unmovedPayments(from: Exports, payments: Payment[]): Promise<unknown[]> {
  const debits = await from.wallet.movedFor('payment', payments.map(({ id }) => id))
  return payments.flatMap(({ id, amount, status }): unknown[] => {
    const debited = debits.get(id) ?? 0
    if (status === 'completed' && debited !== amount) return [{ payment: id, amount, debited }]
    return status === 'failed' && debited !== 0 ? [{ payment: id, status, debited }] : []
  })
}

async function unmovedRefunds(from: Exports, refunds: Refund[]): Promise<unknown[]> {
  const backs = await from.wallet.movedFor('refund', refunds.map((refund) => refund.cancellation_id))
  return refunds.flatMap(({ cancellation_id, amount, status }) => {
    const moved = backs.get(cancellation_id) ?? 0
    return status === 'done' && moved !== amount ? [{ refund: cancellation_id, amount, moved }] : []
  })
}

async function strangers(from: Exports, rows: { id: string; user_id: string; reservation_id: string | null }[]): Promise<unknown[]> {
  const bound = rows.filter((row) => row.reservation_id !== null)
  const owners = await from.reservation.ownersOf(bound.map((row) => row.reservation_id as string))
  return bound.filter((row) => (owners.get(row.reservation_id as string) ?? row.user_id) !== row.user_id)
}
