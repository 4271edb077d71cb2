import { randomUUID } from 'node:crypto'
import { compose, type System } from '../src/compose.ts'
import type { LimitSettings } from '../src/gateway/limits.ts'
import type { StepHook } from '../src/platform/contract.ts'
import type { Database } from '../src/platform/database.ts'
import { createLog } from '../src/platform/log.ts'
import { createMetrics } from '../src/platform/metrics.ts'
import { openTestDatabase } from '../src/platform/testing.ts'
import type { Beacon } from '../src/queue/beacon.ts'
import type { ServiceName } from '../src/services.ts'
import type { Tell } from '../src/wallet/sandbox-tells.ts'
import { verify, type VerifyReport } from '../src/verify.ts'

export type Answer = { status: number; body: Record<string, any>; headers: Record<string, string> }
export type Send = { token?: string | undefined; key?: string; pass?: string | undefined; body?: unknown; raw?: string; headers?: Record<string, string>; from?: string }
export type TestSystem = Awaited<ReturnType<typeof openSystem>>
export type Person = { userId: string; email: string; token: string }

const startOfTests = Date.parse('2027-03-01T11:00:00Z')
const hour = 3_600_000
export const operatorLogin = { email: 'operator@test.example', password: 'operator-test-1234' }

/** The whole system on a fresh database with a clock that only the test moves; `settle` runs what jobs and bus have to do. */
type Options = { db?: Database; step?: StepHook; time?: { now: number }; operator?: Person; limits?: LimitSettings; beacon?: Beacon; absent?: ServiceName[]; tell?: Tell }

export async function openSystem({ db, step, time = { now: startOfTests }, operator: known, limits, beacon, absent = [], tell }: Options = {}) {
  const database = db ?? (await openTestDatabase([]))
  const mails: { to: string; subject: string; text: string }[] = []
  const metrics = createMetrics()
  const system: System = await compose({
    db: database,
    now: () => time.now,
    newId: randomUUID,
    random: Math.random,
    wait: () => new Promise<void>(() => undefined), // a payment is waited for to its end
    mail: { send: async (message) => void mails.push(message) },
    keys: { session: [{ id: 't', secret: 's'.repeat(40) }], pass: [{ id: 't', secret: 'p'.repeat(40) }], provider: ['b'.repeat(40)] },
    log: createLog('silent'),
    metrics,
    publicUrl: 'http://openrun.test',
    queueCap: 300,
    holdMs: 300_000,
    rehearsals: true,
    ready: async () => [],
    verify: () => verify(() => database, { now: () => time.now, pause: async () => undefined }, new Set(absent)),
    absent: new Set(absent),
    ...(tell ? { tell } : {}),
    ...(step ? { step } : {}),
    ...(limits ? { limits } : {}),
    ...(beacon ? { beacon } : {}),
  })

  async function send(method: string, path: string, { token, key, pass, body, raw, headers = {}, from }: Send = {}): Promise<Answer> {
    const response = await system.app.inject({
      method: method as 'GET',
      url: path,
      ...(from ? { remoteAddress: from } : {}),
      headers: {
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(key ? { 'idempotency-key': key } : {}),
        ...(pass ? { pass } : {}),
        ...(body !== undefined || raw !== undefined ? { 'content-type': 'application/json' } : {}),
        ...headers,
      },
      ...(raw !== undefined ? { payload: raw } : body !== undefined ? { payload: JSON.stringify(body) } : {}),
    })
    const json = response.body && /json/.test(String(response.headers['content-type'])) ? JSON.parse(response.body) : {}
    return { status: response.statusCode, body: json, headers: response.headers as Record<string, string> }
  }

  async function signIn(email: string, password: string): Promise<Person> {
    const { body, status } = await send('POST', '/api/sessions', { body: { email, password } })
    if (status !== 201) throw new Error(`sign in answered ${status} ${body.code}`)
    return { userId: body.user.id, email, token: body.accessToken }
  }
  if (!known) await system.userService.ensureUser({ ...operatorLogin, name: 'Operator', role: 'operator' })
  const operator = known ?? (await signIn(operatorLogin.email, operatorLogin.password))

  return {
    db: database, system, time, mails, metrics, send, signIn, operator,
    settle: () => system.settle(),
    advance: async (ms: number) => {
      time.now += ms
      await system.settle()
    },
    /** verified buyers with money, made like rehearsal fans */
    fans: async (count: number, balance = 1_000_000): Promise<Person[]> => {
      const { fans } = await system.api.user.rehearse({ count, by: operator.userId })
      const people = fans.map((fan: { userId: string; accessToken: string }) => ({ userId: fan.userId, email: '', token: fan.accessToken }))
      if (balance > 0) await Promise.all(people.map((person) => system.api.wallet.topUp({ topUpId: randomUUID(), userId: person.userId, amount: balance })))
      return people
    },
    /** a published show that is on sale: section A row 1…rows with 10 VIP seats each, ₩100,000 and ₩2,000 fee */
    onSale: async (options: ShowOptions = {}): Promise<string> => {
      const showId = await putOnSale({ send, token: operator.token, now: time.now }, options)
      await system.settle()
      return showId
    },
    /** joins, waits for the turn and claims: a pass for this show */
    passOf: async (person: Person, showId: string): Promise<string> => {
      await must(send('POST', `/api/shows/${showId}/queue`, { token: person.token, body: {} }))
      await system.settle()
      const answer = await must(send('POST', `/api/shows/${showId}/queue/pass`, { token: person.token, body: {} }))
      return answer.body.pass
    },
    verify: (): Promise<VerifyReport> => verify(() => database, { now: () => time.now, pause: () => system.settle() }, system.absent),
    /** ends as a server does that is stopped: another need not wait for its leases to end */
    leave: async () => {
      await system.release()
      await system.app.close()
    },
    close: async () => {
      await system.app.close()
      if (!db) await database.close()
    },
  }
}

export type ShowOptions = { rows?: number; seats?: number; ticketsPerUserMax?: number; windows?: unknown[]; standing?: number }
type Organiser = { send: (method: string, path: string, options?: Send) => Promise<Answer>; token: string; now: number }

/** Sets up a show over public HTTP, wherever that is served, and publishes it. */
export async function putOnSale({ send, token, now }: Organiser, { rows = 2, seats = 10, ticketsPerUserMax = 4, windows, standing = 0 }: ShowOptions = {}): Promise<string> {
  const by = { token }
  const concert = await send('POST', '/api/concerts', { ...by, body: { title: '시험 공연', venue: '시험장', description: '' } })
  const startsAt = now + 60 * 24 * hour
  const show = await send('POST', `/api/concerts/${concert.body.id}/shows`, {
    ...by, body: { startsAt: new Date(startsAt).toISOString(), endsAt: new Date(startsAt + 2 * hour).toISOString(), timeZone: 'Asia/Seoul' },
  })
  const showId: string = show.body.id
  const plan = {
    sections: [
      { name: 'A', kind: 'seated', grade: 'VIP', rows: Array.from({ length: rows }, (_, i) => ({ name: String(i + 1), seats })) },
      ...(standing > 0 ? [{ name: 'F', kind: 'standing', grade: 'S', capacity: standing }] : []),
    ],
  }
  await must(send('PUT', `/api/shows/${showId}/plan`, { ...by, body: plan }))
  const prices = [{ grade: 'VIP', price: 100_000, types: [{ name: 'youth', price: 70_000, proofAtDoor: true }] }, ...(standing > 0 ? [{ grade: 'S', price: 50_000 }] : [])]
  await must(send('PUT', `/api/shows/${showId}/prices`, { ...by, body: { prices } }))
  await must(send('PUT', `/api/shows/${showId}/policies`, { ...by, body: { ticketsPerUserMax, bookingFee: 2_000, policy: { cutoffMinutesBeforeStart: 1_440 } } }))
  const sales = windows ?? [{ name: '일반예매', opensAt: new Date(now - hour).toISOString(), closesAt: new Date(now + 30 * 24 * hour).toISOString(), audience: 'everyone', sections: null }]
  await must(send('PUT', `/api/shows/${showId}/windows`, { ...by, body: { windows: sales } }))
  await must(send('POST', `/api/shows/${showId}/publish`, by))
  return showId
}

/** A step of the set-up that has to work. */
export async function must(answer: Promise<Answer>): Promise<Answer> {
  const { status, body, headers } = await answer
  if (status >= 400) throw new Error(`set-up answered ${status} ${body.code} ${body.detail ?? ''}`)
  return { status, body, headers }
}
