import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, afterEach, before, test } from 'node:test'
import { UnknownOutcome } from '../platform/outcome.ts'
import { assertSound, assertWhole, type Fault, type Ground, openGround } from './testing.ts'

let ground: Ground
before(async () => {
  ground = await openGround()
})
afterEach(() => {
  Object.assign(ground.border.world, { seatRefusal: '', reservationRefusal: '', bank: 'done', fault: undefined })
})
after(async () => {
  await assertSound(ground)
  await ground.close()
})

const never = new Promise<void>(() => undefined)
/** How a call between services may go wrong, before or after its effect. */
const accidents: Record<string, () => void | Promise<void>> = {
  'its answer is lost': () => {
    throw new UnknownOutcome('lost')
  },
  'the process throws': () => {
    throw new Error('crashed')
  },
  'the process is gone': () => never,
}
/** Every course a payment can take, with the calls it makes in order. */
const courses = {
  completed: { balance: 100_000, more: {}, world: {}, refusal: null },
  'completed with a top-up': { balance: 0, more: { topUp: 100_000 }, world: {}, refusal: null },
  'too little money': { balance: 1, more: {}, world: {}, refusal: 'balance_insufficient' },
  'a declined top-up': { balance: 0, more: { topUp: 100_000 }, world: { bank: 'declined' }, refusal: 'top_up_declined' },
  'an expired hold': { balance: 100_000, more: {}, world: { seatRefusal: 'hold_expired' }, refusal: 'hold_expired' },
  'an ended reservation': { balance: 100_000, more: {}, world: { reservationRefusal: 'reservation_ended' }, refusal: 'reservation_ended' },
} as const

for (const [course, { balance, more, world, refusal }] of Object.entries(courses)) {
  for (const [accident, happens] of Object.entries(accidents)) {
    test(`${course}: whatever call it is at which ${accident}, the payment ends as it would have and money moves once`, async () => {
      Object.assign(ground.border.world, world)
      for (let at = 1; ; at++) {
        const who = ground.buyer(balance)
        const paymentId = randomUUID()
        let calls = 0
        const fault: Fault = (when, name) => {
          if (name === 'reservation.get') return
          calls++
          if (calls === at || (accident === 'the process is gone' && calls > at)) return happens()
          void when
        }
        ground.border.world.fault = fault
        const { api } = ground.start(async () => {
          while (calls < at && !finished) await new Promise(setImmediate)
        })
        let finished = false
        const first = await api.pay({ paymentId, ...who, ...more }).catch((error: Error) => assert.equal(error.message, 'crashed'))
        finished = true
        ground.border.world.fault = undefined
        const paid = await ground.finish({ paymentId, userId: who.userId })
        assert.equal(paid.refusal, refusal, `call ${at}`)
        assertWhole(ground, paid, who.userId, balance)
        if (calls < at) {
          assert(at > 8, 'no accident happened')
          assert.equal(first?.status, paid.status)
          return
        }
      }
    })
  }
}

test('a repeat of the request after a crash finds the payment and drives it on, without waiting for the job', async () => {
  const who = ground.buyer(100_000)
  const paymentId = randomUUID()
  ground.border.world.fault = (when, name) => (when === 'after' && name === 'wallet.debit' ? never : undefined)
  const { api } = ground.start(() => new Promise((resolve) => setImmediate(resolve)))
  assert.equal((await api.pay({ paymentId, ...who })).status, 'pending')
  ground.border.world.fault = undefined
  ground.clock.ms += 10_001
  const paid = await ground.start().api.pay({ paymentId, ...who })
  assert.equal(paid.status, 'completed')
  assertWhole(ground, paid, who.userId, 100_000)
})

test('a driver whose turn is up does not disturb the next one: void finds the money moved and goes forward after all', async () => {
  const who = ground.buyer(0)
  const paymentId = randomUUID()
  ground.border.world.bank = 'pending'
  const { until } = await ground.api.pay({ paymentId, ...who, topUp: 100_000 })
  assert(until)
  await ground.beatTo(until - 1)
  // an old driver learns that the money is there, and is held up just after its debit
  const held = Promise.withResolvers<void>()
  ground.border.world.bank = 'done'
  ground.border.world.fault = (when, name) => (when === 'after' && name === 'wallet.debit' ? held.promise : undefined)
  const old = ground.start().runJobs()
  while (ground.border.decisions.get(paymentId)?.outcome !== 'done') await new Promise(setImmediate)
  // to the next one the bank is silent, and time is up
  const { topUp } = ground.border.wallet
  ground.border.wallet.topUp = async ({ topUpId, amount }) => ({ id: topUpId, amount, status: 'pending', createdAt: 0 })
  ground.border.world.fault = undefined
  await ground.beatTo(until + 20_000)
  await ground.start().runJobs()
  ground.border.wallet.topUp = topUp
  const paid = await ground.api.get({ paymentId, userId: who.userId })
  assert.deepEqual([paid.status, paid.refusal], ['completed', null])
  held.resolve()
  await old
  assertWhole(ground, paid, who.userId, 0)
})

test('the job of two processes drives hundreds of payments, each by one of them', async () => {
  const buyers = Array.from({ length: 300 }, () => ({ ...ground.buyer(100_000), paymentId: randomUUID() }))
  ground.border.world.fault = (when, name) => {
    if (when === 'before' && name === 'seat.pin') throw new UnknownOutcome('seat is away')
  }
  await Promise.all(buyers.map((input) => ground.api.pay(input)))
  ground.border.world.fault = undefined
  ground.border.world.calls = []
  ground.clock.ms += 5_001
  const other = ground.start()
  await Promise.all([ground.runJobs(), other.runJobs()])
  await Promise.all([ground.runJobs(), other.runJobs()])
  for (const { paymentId, userId } of buyers) assert.equal((await ground.api.get({ paymentId, userId })).status, 'completed')
  assert.equal(ground.border.world.calls.filter((name) => name === 'wallet.debit').length, 300)
})

test('while a neighbour is away a payment is tried again after 250 ms, then ever more slowly, at most 5 s apart', async () => {
  const who = ground.buyer(100_000)
  const paymentId = randomUUID()
  let tries = 0
  ground.border.world.fault = (when, name) => {
    if (when === 'before' && name === 'seat.pin') tries++
    if (name === 'seat.pin') throw new UnknownOutcome('seat is away')
  }
  await ground.api.pay({ paymentId, ...who })
  for (const ms of [250, 500, 1_000, 2_000, 4_000, 5_000, 5_000]) {
    const before = tries
    ground.clock.ms += ms - 1
    await ground.runJobs()
    assert.equal(tries, before, `not before ${ms} ms`)
    ground.clock.ms += 1
    await ground.runJobs()
    assert.equal(tries, before + 1, `after ${ms} ms`)
  }
  ground.border.world.fault = undefined
  assert.equal((await ground.finish({ paymentId, userId: who.userId })).status, 'completed')
})
