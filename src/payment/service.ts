import { batched } from '../platform/batch.ts'
import { type Database, outsideTransaction } from '../platform/database.ts'
import { requestHash } from '../platform/identity.ts'
import { refuse } from '../platform/outcome.ts'
import type { Service, Surroundings } from '../platform/service.ts'
import type { ReservationApi } from '../reservation/api.ts'
import type { SeatApi } from '../seat/api.ts'
import { type WalletApi, walletLimits } from '../wallet/api.ts'
import { type Payment, paymentLimits, type paymentOperations } from './api.ts'
import { bugsAmong, createAdvance, isForLater } from './changes.ts'
import { beat, graceAfterOutage } from './clock.ts'
import { drive, type Driving } from './drive.ts'
import { story, toPayment } from './reading.ts'
import { pauseHandlers } from './pauses.ts'
import { oweRefunds, payRefunds } from './refunds.ts'
import { startMany } from './starting.ts'
import { listPayments, type NewPayment, type PaymentRow, paymentsOfShow, readPayments, takeDue } from './store.ts'
import { refundStates } from './store-refunds.ts'

export type PaymentDependencies = {
  db: Database
  seat: Pick<SeatApi, 'pin' | 'unpin' | 'sell'>
  reservation: Pick<ReservationApi, 'get' | 'pin' | 'unpin' | 'confirm'>
  wallet: Pick<WalletApi, 'topUp' | 'debit' | 'void' | 'refund'>
  /** real time, to bound how long an answer is waited for; by default it is waited for to the end */
  wait?: (ms: number) => Promise<void>
} & Surroundings
type Pay = { paymentId: string; userId: string; reservationId: string; topUp?: number; source?: string }

const never = () => new Promise<void>(() => undefined)

/** Payments: driven from the first row to completed or failed, by the request or by the job; refunds a cancellation. */
export function createPayment(deps: PaymentDependencies): Service<typeof paymentOperations> {
  const { db, seat, reservation, wallet, now, wait = never } = deps
  const driving: Driving = { seat, reservation, wallet, now, advance: createAdvance(db, now) }
  const start = batched((inputs: NewPayment[]) => startMany(db, inputs))
  const running = new Map<string, Promise<PaymentRow>>()
  const read = async (id: string) => (await readPayments(db, [id]))[0]

  /** One drive of a payment at a time in this process; askers of the same payment share it, and it goes on without them. */
  function run(row: PaymentRow): Promise<PaymentRow> {
    const drove = outsideTransaction(() => drive(driving, row)).finally(() => running.delete(row.id))
    running.set(row.id, drove)
    return drove
  }

  async function pay(input: Pay): Promise<Payment> {
    const { row, created } = await start(await toNewPayment(deps, input, read))
    if (row.status !== 'pending') return toPayment(row)
    const [own] = created ? [row] : running.has(row.id) ? [] : await takeOne(row.id)
    const drove = own ? run(own) : running.get(row.id)
    const bounded = drove && Promise.race([drove.catch(laterUnlessBug), wait(paymentLimits.answerWaitMs)])
    return toPayment((await bounded) ?? (await read(row.id)) ?? row)
  }

  const takeOne = (id: string) => takeDue(db, { now: now(), next: now() + paymentLimits.leaseMs, limit: 1, id })

  async function driveDue(): Promise<number> {
    const due = await takeDue(db, { now: now(), next: now() + paymentLimits.leaseMs, limit: paymentLimits.driveChunkMax })
    const ends = await Promise.allSettled(due.map(run))
    const bugs = bugsAmong(ends)
    if (bugs.length > 0) throw new AggregateError(bugs, `${bugs.length} of ${due.length} payments failed to go on`)
    return due.length
  }

  return {
    api: {
      pay: (input) => pay(input as Pay),
      get: async ({ paymentId, userId }) => {
        const row = await read(paymentId)
        return row?.userId === userId ? toPayment(row) : refuse('payment_unknown')
      },
      list: async (input) => ({ payments: (await listPayments(db, input)).map(toPayment) }),
      ofBuyer: async ({ userId, showId }) => ({ payments: (await paymentsOfShow(db, userId, showId)).map(toPayment) }),
      refundStates: async ({ cancellationIds }) => ({ refunds: await refundStates(db, cancellationIds) }),
      story: (input) => story(db, input),
    },
    on: { 'reservation.cancelled': (tx, events) => oweRefunds(tx, events, now()), ...pauseHandlers(now) },
    recover: () => graceAfterOutage(db, now()),
    jobs: [
      { name: 'payment.heartbeat', everyMs: 1_000, run: () => beat(db, now) },
      { name: 'payment.drive', everyMs: 250, run: driveDue },
      { name: 'payment.refund', everyMs: 250, run: () => payRefunds(db, wallet, now) },
    ],
  }
}

/** Whose reservation it is comes first; what is stored repeats the same thing for the same key. */
async function toNewPayment({ reservation, now }: PaymentDependencies, input: Pay, read: (id: string) => Promise<PaymentRow | undefined>): Promise<NewPayment> {
  const { paymentId: id, userId, reservationId, topUp = null, source = null } = input
  if (topUp !== null && topUp > walletLimits.topUpMax) refuse('top_up_too_large', { maximum: walletLimits.topUpMax })
  const { showId, status, paymentsLeft } = await reservation.get({ reservationId, userId })
  // before its seats are pinned: each undone pin leaves them two minutes, which could go on for ever
  if (status === 'pending' && paymentsLeft === 0 && !(await read(id))) refuse('payment_attempts_used')
  const hash = requestHash({ userId, reservationId, topUp, source })
  return { id, userId, reservationId, showId, topUp, source, requestHash: hash, createdAt: now(), nextAt: now() + paymentLimits.leaseMs }
}

/** What is not known now the job finds out; the payment is answered as it stands. */
function laterUnlessBug(error: unknown): undefined {
  if (!isForLater(error)) throw error
}
