import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { type Engine, startPostgres } from '../src/chaos/engines.ts'
import { type ChildServer, startChildServer } from '../src/cli/child-server.ts'
import { createClient } from '../src/crowd/client.ts'

const brokers = process.env.TEST_KAFKA_BROKERS
const skip = brokers ? false : 'NOT TESTED: a process that outlives its database needs TEST_KAFKA_BROKERS'
const operator = { email: 'operator@away.example', password: 'operator-away-1234' }
const options = { skip, timeout: 120_000 }

let directory: string
let postgres: Engine
let server: ChildServer
const client = () => createClient(server.url, () => undefined)

before(async () => {
  if (skip) return
  directory = await mkdtemp(join(tmpdir(), 'openrun-away-'))
  postgres = await startPostgres()
  const secrets = { SESSION_SECRET: 's'.repeat(40), PASS_SECRET: 'p'.repeat(40) }
  const first = { OPERATOR_EMAIL: operator.email, OPERATOR_PASSWORD: operator.password, REHEARSALS: 'on', HOLD_SECONDS: '20' }
  server = await startChildServer(directory, { ...secrets, ...first, DATABASE_URL: postgres.url, KAFKA_BROKERS: brokers as string, KAFKA_PREFIX: `away-pg-${process.pid}` })
})
after(async () => {
  if (skip) return
  await server?.stop()
  await postgres?.close()
  await rm(directory, { recursive: true, force: true })
})

type Fan = { token: string; pass: string }
type Json = Record<string, unknown>

const ask = async (method: string, path: string, { token, key, pass, body }: { token?: string; key?: string; pass?: string; body?: unknown } = {}) => {
  const headers = { ...(token && { authorization: `Bearer ${token}` }), ...(key && { 'idempotency-key': key }), ...(pass && { pass }), ...(body !== undefined && { 'content-type': 'application/json' }) }
  const response = await fetch(new URL(path, server.url), { method, headers, signal: AbortSignal.timeout(40_000), ...(body !== undefined && { body: JSON.stringify(body) }) })
  const text = await response.text()
  return { status: response.status, retryAfter: response.headers.get('retry-after'), body: (text ? JSON.parse(text) : {}) as Json }
}

/** A show on sale, and fans who are inside with money in their wallets. */
async function openSale(fans: number, seats: number): Promise<{ showId: string; fans: Fan[] }> {
  const patient = client()
  const session = await patient.send('POST', '/api/sessions', { body: operator })
  const made = await patient.send('POST', '/api/operations/rehearsals', { token: String(session.body.accessToken), body: { fans, seats } })
  const { showId, fans: people } = made.body as unknown as { showId: string; fans: { accessToken: string }[] }
  const opened = await Promise.all(people.map(async ({ accessToken: token }) => {
    await until(async () => (await patient.send('POST', `/api/shows/${showId}/queue`, { token, body: {} })).status < 300)
    await patient.send('POST', '/api/wallet/top-ups', { token, key: 'rich', body: { amount: 1_000_000 } })
    let pass = ''
    await until(async () => {
      const answer = await patient.send('POST', `/api/shows/${showId}/queue/pass`, { token, body: {} })
      pass = String(answer.body.pass ?? '')
      return answer.status === 201
    })
    return { token, pass }
  }))
  await until(async () => (await patient.send('GET', `/api/shows/${showId}/seats`)).status === 200)
  await patient.close()
  return { showId, fans: opened }
}

async function until(isSo: () => Promise<boolean>) {
  while (!(await isSo())) await wait(50)
}

test('PostgreSQL killed: every route that needs it answers 503 with Retry-After and a stable code; when it is back, so is the server, deadlines moved, nothing acknowledged is lost', options, async () => {
  const { showId, fans } = await openSale(4, 20)
  const [one, two, three, four] = fans as [Fan, Fan, Fan, Fan]
  const hold = (fan: Fan, seatId: number) => ask('POST', `/api/shows/${showId}/holds`, { ...fan, key: `hold-${seatId}`, body: { seatIds: [seatId] } })
  const held = await hold(one, 1)
  assert.equal(held.status, 201, JSON.stringify(held.body))
  const reserved = await ask('POST', '/api/reservations', { ...two, key: 'r', body: { holdIds: [(await hold(two, 2)).body.id] } })
  assert.equal(reserved.status, 201, JSON.stringify(reserved.body))

  const killedAt = performance.now()
  await postgres.kill()
  const whileAway = await Promise.all([
    hold(three, 3),
    ask('GET', '/api/wallet', one),
    ask('POST', `/api/shows/${showId}/queue`, { ...four, body: {} }),
    ask('GET', '/api/reservations', two),
    ask('POST', '/api/payments', { ...two, key: 'pay', body: { reservationId: reserved.body.id } }),
    ask('POST', '/api/sessions', { body: operator }),
    ask('GET', '/api/concerts?title=zz'),
  ])
  for (const answer of whileAway) {
    assert.deepEqual([answer.status, answer.body.code], [503, 'outcome_unknown'], JSON.stringify(answer.body))
    assert.ok(Number(answer.retryAfter) > 0)
  }
  assert.equal((await fetch(`${server.opsUrl}/readyz`)).status, 503)
  // longer than a beat may be old
  await wait(Math.max(0, 4_000 - (performance.now() - killedAt)))
  await postgres.restart()
  await until(async () => (await fetch(`${server.opsUrl}/readyz`)).status === 200)

  const patient = client()
  const paid = await patient.send('POST', '/api/payments', { token: two.token, key: 'pay', body: { reservationId: reserved.body.id } })
  assert.equal(paid.body.status, 'completed', JSON.stringify(paid.body))
  const third = await patient.send('POST', `/api/shows/${showId}/holds`, { ...three, key: 'hold-3', body: { seatIds: [3] } })
  assert.equal(third.status, 201, JSON.stringify(third.body))
  // the deadline of the hold that ran through the outage moves forward, the hold stays
  const moved = Date.parse(String(held.body.until)) + 20_000
  await until(async () => {
    const again = await patient.send('POST', `/api/shows/${showId}/holds`, { ...one, key: 'hold-1', body: { seatIds: [1] } })
    assert.equal(again.body.id, held.body.id)
    return Date.parse(String(again.body.until)) >= moved
  })
  await patient.close()
  const verified = await (await fetch(`${server.opsUrl}/verify`, { method: 'POST' })).json() as { violations: unknown[]; errors: unknown[] }
  assert.deepEqual([verified.violations, verified.errors], [[], []])
})

test('connections ended by an administrator in the middle of purchases: nobody hears of an error, every purchase completes once', options, async () => {
  const { showId, fans } = await openSale(12, 40)
  const admin = new pg.Client(postgres.url)
  await admin.connect()
  let ended = 0
  /** A step of a few fans while a connection or two are cut under it. */
  async function cut<T>(steps: Promise<T>[]): Promise<T[]> {
    const { rows } = await admin.query(`select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and application_name = 'openrun' order by state, random() limit 2`)
    ended += rows.length
    return Promise.all(steps)
  }
  const patient = client()
  const statuses: unknown[] = []
  for (let from = 0; from < fans.length; from += 3) {
    const some = fans.slice(from, from + 3).map((fan, i) => ({ ...fan, seat: from + i + 1 }))
    const held = await cut(some.map(({ token, pass, seat }) => patient.send('POST', `/api/shows/${showId}/holds`, { token, pass, key: `k${seat}`, body: { seatIds: [seat] } })))
    const reserved = await cut(some.map(({ token, seat }, i) => patient.send('POST', '/api/reservations', { token, key: `r${seat}`, body: { holdIds: [held[i]?.body.id] } })))
    statuses.push(...(await cut(some.map(async ({ token, seat }, i) => {
      const send = () => patient.send('POST', '/api/payments', { token, key: `p${seat}`, body: { reservationId: reserved[i]?.body.id } })
      let paid = await send()
      for (; paid.body.status === 'pending'; paid = await send()) await wait(50)
      return paid.body.status ?? JSON.stringify([held[i]?.body, reserved[i]?.body, paid.body])
    }))))
  }
  await admin.end()
  await patient.close()
  assert.deepEqual([...new Set(statuses)], ['completed'])
  assert.ok(ended >= fans.length, `${ended} connections were ended`)
  const verified = await (await fetch(`${server.opsUrl}/verify`, { method: 'POST' })).json() as { violations: unknown[] }
  assert.deepEqual(verified.violations, [])
})

test('without Kafka the process has the database for itself: it ends when PostgreSQL does, and whoever supervises it starts it again', { skip: false, timeout: 60_000 }, async (t) => {
  const own = await startPostgres()
  const data = await mkdtemp(join(tmpdir(), 'openrun-away-whole-'))
  t.after(async () => {
    await own.close()
    await rm(data, { recursive: true, force: true })
  })
  const environment = { SESSION_SECRET: 's'.repeat(40), PASS_SECRET: 'p'.repeat(40), DATABASE_URL: own.url, KAFKA_BROKERS: '' }
  const first = await startChildServer(data, environment)
  const gone = until(async () => fetch(`${first.opsUrl}/healthz`).then(() => false, () => true))
  await own.kill()
  await gone
  await assert.rejects(startChildServer(data, environment), /ended with 1 before it served/)
  await own.restart()
  const second = await startChildServer(data, environment)
  assert.equal((await fetch(`${second.opsUrl}/readyz`)).status, 200)
  await second.stop()
})
