import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import sql from 'sql-template-tag'
import { type Api, local } from '../platform/contract.ts'
import type { Database } from '../platform/database.ts'
import { beatAgeMaxMs } from '../platform/heartbeat.ts'
import { deliver } from '../platform/inbox.ts'
import { isRefusal, type Refusal, refuse } from '../platform/outcome.ts'
import { openTestDatabase } from '../platform/testing.ts'
import type { ReservationApi } from '../reservation/api.ts'
import type { SeatApi } from '../seat/api.ts'
import type { WalletApi } from '../wallet/api.ts'
import { type Payment, paymentOperations } from './api.ts'
import { paymentChecks } from './checks.ts'
import { beat } from './clock.ts'
import { createPayment } from './service.ts'

export const startedAt = Date.UTC(2030, 0, 1, 20)

/** Called around each call between services: `before` it, and `after` it took effect. It may throw or never answer. */
export type Fault = (when: 'before' | 'after', name: string) => void | Promise<void>
type Keys = { paymentId: string; reservationId: string; userId: string }

/** The neighbours at the border: each remembers its first answer to a payment, as the real ones do. */
export function createBorder() {
  const reservations = new Map<string, { userId: string; showId: string; total: number; seatIds: number[]; paidBy?: string; payingBy?: string; pins: number }>()
  const world = { seatRefusal: '', reservationRefusal: '', bank: 'done' as 'done' | 'declined' | 'pending', calls: [] as string[], fault: undefined as Fault | undefined }
  const balances = new Map<string, number>()
  const seatPins = new Map<string, string>()
  const reservationPins = new Map<string, string>()
  const decisions = new Map<string, { outcome: string; missing?: number }>()
  const topUps = new Map<string, { userId: string; amount: number; status: 'done' | 'declined' | 'pending' }>()
  const refunds = new Map<string, number>()
  const balanceOf = (userId: string) => balances.get(userId) ?? 0
  const move = (userId: string, amount: number) => balances.set(userId, balanceOf(userId) + amount)
  const of = (reservationId: string) => reservations.get(reservationId) ?? refuse('reservation_unknown')

  const pinOnce = (pins: Map<string, string>, { paymentId }: Keys, refusal: string) => {
    const known = pins.get(paymentId)
    const answer = known ?? (refusal || 'pinned')
    if (!known) pins.set(paymentId, answer)
    if (answer !== 'pinned' && answer !== 'done') refuse(answer)
  }
  const seat: Pick<SeatApi, 'pin' | 'unpin' | 'sell'> = {
    pin: async (keys) => {
      pinOnce(seatPins, keys, world.seatRefusal)
      const { seatIds, showId } = of(keys.reservationId)
      return { seatIds, showId, until: startedAt + 300_000 }
    },
    unpin: async ({ paymentId }) => {
      if (seatPins.get(paymentId) === 'done') return { outcome: 'sold' }
      if (seatPins.get(paymentId) !== world.seatRefusal || !world.seatRefusal) seatPins.set(paymentId, 'payment_undone')
      return { outcome: 'unpinned' }
    },
    sell: async ({ paymentId }) => {
      assert.match(seatPins.get(paymentId) ?? '', /pinned|done/, 'seats are sold that are not pinned')
      seatPins.set(paymentId, 'done')
      return { seatIds: [] }
    },
  }
  const reservation: Pick<ReservationApi, 'get' | 'pin' | 'unpin' | 'confirm'> = {
    get: async ({ reservationId, userId }) => {
      const found = of(reservationId)
      if (found.userId !== userId) refuse('reservation_unknown')
      return { id: reservationId, number: '', status: 'pending', paymentsLeft: 5, expiresAt: null, endedReason: null, createdAt: 0, lines: [], ...found }
    },
    pin: async (keys) => {
      const found = of(keys.reservationId)
      const other = found.payingBy && found.payingBy !== keys.paymentId
      pinOnce(reservationPins, keys, world.reservationRefusal || (other ? 'payment_in_progress' : ''))
      if (reservationPins.get(keys.paymentId) === 'pinned') found.payingBy = keys.paymentId
      return { amount: found.total, seatIds: found.seatIds.toReversed(), showId: found.showId }
    },
    unpin: async ({ paymentId, reservationId }) => {
      assert.notEqual(reservationPins.get(paymentId), 'done', 'a confirmed payment is undone')
      if (of(reservationId).payingBy === paymentId) delete of(reservationId).payingBy
      if (reservationPins.get(paymentId) !== world.reservationRefusal || !world.reservationRefusal) reservationPins.set(paymentId, 'payment_undone')
      return {}
    },
    confirm: async ({ paymentId, reservationId, paidAmount }) => {
      assert.match(reservationPins.get(paymentId) ?? '', /pinned|done/, 'what is not pinned is confirmed')
      assert.equal(paidAmount, of(reservationId).total)
      reservationPins.set(paymentId, 'done')
      of(reservationId).paidBy = paymentId
      return {}
    },
  }
  const wallet: Pick<WalletApi, 'topUp' | 'debit' | 'void' | 'refund'> = {
    topUp: async ({ topUpId, userId, amount }) => {
      const known = topUps.get(topUpId) ?? { userId, amount, status: 'pending' as const }
      if (known.status === 'pending' && world.bank !== 'pending') {
        topUps.set(topUpId, { ...known, status: world.bank })
        if (world.bank === 'done') move(userId, amount)
      } else topUps.set(topUpId, known)
      return { id: topUpId, amount, status: topUps.get(topUpId)?.status ?? 'pending', createdAt: 0 }
    },
    debit: async ({ paymentId, userId, amount }) => {
      const missing = amount - balanceOf(userId)
      const known = decisions.get(paymentId)
      const decision = known ?? (missing > 0 ? { outcome: 'balance_insufficient', missing } : { outcome: 'done' })
      decisions.set(paymentId, decision)
      if (decision.outcome !== 'done') refuse(decision.outcome === 'voided' ? 'payment_voided' : decision.outcome, decision.missing ? { missing: decision.missing } : {})
      if (!known) move(userId, -amount)
      return { balance: balanceOf(userId) }
    },
    void: async ({ paymentId }) => {
      if (!decisions.has(paymentId)) decisions.set(paymentId, { outcome: 'voided' })
      return { outcome: decisions.get(paymentId)?.outcome === 'done' ? 'done' : 'voided' }
    },
    refund: async ({ cancellationId, userId, amount }) => {
      if (!refunds.has(cancellationId)) move(userId, amount)
      refunds.set(cancellationId, amount)
      return {}
    },
  }
  const guarded = { seat: guard('seat', seat), reservation: guard('reservation', reservation), wallet: guard('wallet', wallet) }
  function guard<T extends object>(service: string, api: T): T {
    const around = Object.entries(api).map(([name, call]) => [name, async (input: unknown) => {
      await world.fault?.('before', `${service}.${name}`)
      const answer = await (call as (input: unknown) => Promise<unknown>)(input).then((value) => ({ value }), (error: unknown) => ({ error }))
      world.calls.push(`${service}.${name}`)
      await world.fault?.('after', `${service}.${name}`)
      if ('error' in answer) throw answer.error
      return answer.value
    }])
    return Object.fromEntries(around) as T
  }
  return { ...guarded, world, reservations, balances, balanceOf, seatPins, reservationPins, decisions, topUps, refunds }
}

/** A payment service between neighbours at the border; `start` is one more process on the same data. */
export async function openGround() {
  const db = await openTestDatabase(['payment'])
  const clock = { ms: startedAt }
  const border = createBorder()
  const start = (wait?: () => Promise<void>) => {
    const { seat, reservation, wallet } = border
    const service = createPayment({ db, seat, reservation, wallet, now: () => clock.ms, newId: randomUUID, random: Math.random, ...(wait && { wait }) })
    const api: Api<typeof paymentOperations> = local('payment', paymentOperations, service.api)
    const runJobs = async () => {
      for (const job of service.jobs ?? []) await job.run()
    }
    return { service, api, runJobs }
  }
  /** Time in which a process lives and beats; it drives nothing. */
  const beatTo = async (instant: number) => {
    await beat(db, () => clock.ms)
    while (clock.ms < instant) {
      clock.ms = Math.min(clock.ms + beatAgeMaxMs, instant)
      await beat(db, () => clock.ms)
    }
  }
  const started = start()
  let version = 0
  const tell = async (producer: string, name: string, key: string, data: Record<string, unknown>) => {
    const event = { producer, name, key, version: ++version, occurredAt: clock.ms, data }
    const failures = await deliver(db, { name: 'payment', on: started.service.on ?? {} }, [event])
    assert.deepEqual([...failures.values()], [])
  }
  const hear = (data: { cancellationId: string; reservationId: string; refund: number; paymentId: string | null }) => tell('reservation', 'reservation.cancelled', data.reservationId, data)
  const hearShow = (name: string, showId: string, data: Record<string, unknown> = {}) => tell('concert', name, showId, { showId, ...data })
  /** A reservation and a buyer with so much money. */
  const buyer = (balance: number, total = 100_000) => {
    const [userId, reservationId] = [randomUUID(), randomUUID()] as string[]
    assert(userId && reservationId)
    border.reservations.set(reservationId, { userId, showId: randomUUID(), total, seatIds: [1, 2], pins: 0 })
    border.balances.set(userId, balance)
    return { userId, reservationId }
  }
  /** Lets the jobs of a fresh process go on until the payment has ended. */
  const finish = async (keys: { paymentId: string; userId: string }): Promise<Payment> => {
    // many rounds: an older driver may hold the row for some of them
    for (let round = 0; round < 500; round++) {
      const paid = await started.api.get(keys)
      if (paid.status !== 'pending') return paid
      clock.ms += 10_001
      await start().runJobs()
    }
    return assert.fail('the payment does not end')
  }
  return { db, clock, border, start, ...started, beatTo, hear, hearShow, buyer, finish, close: () => db.close() }
}
export type Ground = Awaited<ReturnType<typeof openGround>>

export async function refusalOf(call: Promise<unknown>): Promise<Refusal> {
  const answer = await call.then((value) => value, (error: unknown) => error)
  assert(isRefusal(answer), `not a refusal: ${answer instanceof Error ? answer.stack : JSON.stringify(answer)}`)
  return answer
}

export const eventsOf = (db: Database, key: string) =>
  db.rows<{ name: string; version: number; data: Record<string, unknown> }>(sql`
    select name, version, data from payment.outbox where key = ${key} order by id`)

/** Every invariant of the schema holds. */
export async function assertSound({ db, clock }: Ground) {
  for (const check of paymentChecks) assert.deepEqual(await db.rows(check.query(clock.ms)), [], check.name)
}

/** Money, seats and reservation tell the same story about a payment. */
export function assertWhole({ border }: Ground, paid: Payment, userId: string, balanceBefore: number) {
  const { total, paidBy, payingBy } = border.reservations.get(paid.reservationId) ?? assert.fail('no reservation')
  const topped = [...border.topUps.values()].filter((t) => t.userId === userId && t.status === 'done').reduce((sum, t) => sum + t.amount, 0)
  const completed = paid.status === 'completed'
  assert.equal(border.balanceOf(userId), balanceBefore + topped - (completed ? total : 0), 'money moved once or not at all')
  assert.equal(border.seatPins.get(paid.id) === 'done', completed, 'seats are sold exactly when paid')
  assert.notEqual(border.seatPins.get(paid.id), 'pinned', 'no seat stays pinned')
  assert.equal(paidBy === paid.id, completed, 'confirmed exactly when paid')
  assert.notEqual(completed ? undefined : payingBy, paid.id, 'no reservation stays paying')
}
