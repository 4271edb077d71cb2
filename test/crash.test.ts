import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Database, Tx } from '../src/platform/database.ts'
import { openTestDatabase } from '../src/platform/testing.ts'
import { openSystem, operatorLogin, type Person, type TestSystem } from './system.ts'

/** Once armed, the process ends after the n-th commit, call or publish: from then on nothing of it works any more. */
function mortal(db: Database) {
  let left = Number.POSITIVE_INFINITY
  let dead = false
  const reached: string[] = []
  const alive = () => {
    if (dead) throw new Error('the process is dead')
  }
  const step = (kind: string, name: string) => {
    alive()
    if (left === Number.POSITIVE_INFINITY) return
    reached.push(`${kind} ${name}`)
    if (left-- > 0) return
    dead = true
    throw new Error(`killed after ${kind} ${name}`)
  }
  const wrapped: Database = {
    ...db,
    rows: async <T>(query: Parameters<Database['rows']>[0]) => {
      alive()
      const rows = await db.rows<T>(query)
      if (/^\s*(insert|update|delete|with)/i.test(query.text)) step('commit', query.text.trim().slice(0, 40))
      return rows
    },
    transaction: async (work) => {
      alive()
      const result = await db.transaction((tx: Tx) => work({
        ...tx,
        rows: <T>(query: Parameters<Tx['rows']>[0]) => {
          alive()
          return tx.rows<T>(query)
        },
      }))
      step('commit', 'transaction')
      return result
    },
  }
  const arm = (n: number) => {
    left = n
  }
  return { db: wrapped, step, reached, arm, killed: () => dead }
}

let db: Database
const time = { now: Date.parse('2027-03-01T11:00:00Z') }
before(async () => {
  db = await openTestDatabase([])
})
after(() => db.close())

const stepsMax = 400
/** each takes 21 s of the time of the test, and what a session gives lasts for ten minutes */
const signInEvery = 10
const tokenOf = (person: Person) => ({ token: person.token })

/** Hold, reserve, pay with a top-up, cancel one seat: every answer is looked at by the caller afterwards, not here. */
async function purchase(world: TestSystem, fan: Person, showId: string, pass: string) {
  const hold = await world.send('POST', `/api/shows/${showId}/holds`, { ...tokenOf(fan), pass, key: 'hold', body: { seatIds: [1, 2] } })
  const bought = hold.body.code === 'hold_ended' // the job went on without us: then there is a reservation
  if (hold.status !== 201 && !bought) return { stopped: 'hold', answer: hold }
  const reservation = bought ? await newestReservation(world, fan)
    : await world.send('POST', '/api/reservations', { ...tokenOf(fan), key: 'reserve', body: { holdIds: [hold.body.id] } })
  if (reservation.status >= 300) return { stopped: 'reserve', answer: reservation }
  const payment = await world.send('POST', '/api/payments', { ...tokenOf(fan), key: 'pay', body: { reservationId: reservation.body.id, topUp: 204_000 } })
  if (payment.status !== 201) return { stopped: 'pay', answer: payment }
  const cancelled = await world.send('POST', `/api/reservations/${reservation.body.id}/cancellations`, { ...tokenOf(fan), key: 'cancel', body: { seatIds: [2] } })
  if (cancelled.status !== 201) return { stopped: 'cancel', answer: cancelled }
  await world.settle()
  return { stopped: undefined, answer: cancelled }
}

async function newestReservation(world: TestSystem, fan: Person) {
  const list = await world.send('GET', '/api/reservations', tokenOf(fan))
  return list.body.items[0]?.status === 'confirmed' ? { ...list, body: list.body.items[0] } : { ...list, status: 404 }
}

test('killed after the n-th commit, call or publish, n = 0, 1, …: repeating the same requests ends in one purchase', async (t) => {
  const next = await openSystem({ db, time })
  let completedAt: number | undefined
  const kinds = new Set<string>()
  for (let n = 0; n < stepsMax && completedAt === undefined; n++) {
    if (n % signInEvery === 0) Object.assign(next.operator, await next.signIn(operatorLogin.email, operatorLogin.password)) // its token ends as time moves
    const showId = await next.onSale()
    const [fan] = await next.fans(1, 0)
    assert.ok(fan)
    const pass = await next.passOf(fan, showId)
    const life = mortal(db)
    const doomed = await openSystem({ db: life.db, step: life.step, time, operator: next.operator })
    life.arm(n)
    const first = await purchase(doomed, fan, showId, pass).catch((error: unknown) => assert.ok(life.killed(), String(error)))
    await doomed.close()
    if (!life.killed()) assert.equal(first?.stopped, undefined, `nothing was killed, yet ${JSON.stringify(first?.answer.body)}`)
    if (!life.killed()) completedAt = n
    for (const each of life.reached) kinds.add(each.split(' ')[0] ?? '')

    time.now += 1_000
    await next.settle()
    time.now += 20_000 // past the lease of the dead driver; within every deadline
    await next.settle()
    const outcome = await purchase(next, fan, showId, pass)
    assert.equal(outcome.stopped, undefined, `n = ${n}, after ${life.reached.at(-1)}: ${JSON.stringify(outcome.answer.body)}`)
    const report = await next.verify()
    assert.deepEqual([...report.violations, ...report.errors], [], `n = ${n}, after ${life.reached.at(-1)}`)
    const me = await next.send('GET', '/api/me', tokenOf(fan))
    assert.equal(me.body.balance, 102_000, `n = ${n}: charged once, one seat refunded once`)
  }
  await next.close()
  assert.ok(completedAt !== undefined && completedAt > 20, `reached the end after ${completedAt} steps`)
  assert.deepEqual([...kinds].sort(), ['call', 'commit', 'publish'])
  t.diagnostic(`${completedAt} crash points, each resumed and verified`)
})
