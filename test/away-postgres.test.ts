import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { type Engine, startPostgres } from '../src/chaos/engines.ts'
import { type ChildServer, startChildServer } from '../src/cli/child-server.ts'
import { createSale, type Fan, login, saleEnvironment, until } from './sale.ts'
import { testDatabaseUrl } from '../src/platform/testing.ts'
import { deleteTopics } from '../src/platform/testing-kafka.ts'

const brokers = process.env.TEST_KAFKA_BROKERS
const skip = brokers && testDatabaseUrl ? false : 'NOT TESTED in this round: needs TEST_DATABASE_URL and TEST_KAFKA_BROKERS'
const options = { skip, timeout: 120_000 }
const secrets = { SESSION_SECRET: 's'.repeat(40), PASS_SECRET: 'p'.repeat(40) }
const prefix = `away-pg-${process.pid}`
/** Longer than a beat may be old. */
const outageMs = 4_000

let directory: string
let postgres: Engine
let server: ChildServer
let sale: ReturnType<typeof createSale>

before(async () => {
  if (skip) return
  directory = await mkdtemp(join(tmpdir(), 'openrun-away-'))
  postgres = await startPostgres()
  server = await startChildServer(directory, { ...secrets, ...saleEnvironment, DATABASE_URL: postgres.url, KAFKA_BROKERS: brokers as string, KAFKA_PREFIX: prefix })
  sale = createSale(server.url, server.opsUrl)
})
after(async () => {
  if (skip) return
  await sale?.close()
  await server?.stop()
  await postgres?.close()
  await deleteTopics(brokers as string, prefix)
  await rm(directory, { recursive: true, force: true })
})

test('PostgreSQL killed: every route that needs it answers 503 with Retry-After and a stable code; when it is back, so is the server, deadlines moved, nothing acknowledged is lost', options, async () => {
  const { showId, fans } = await sale.openSale(4, 20)
  const [one, two, three, four] = fans as [Fan, Fan, Fan, Fan]
  const held = await sale.hold(one, showId, 1)
  assert.equal(held.status, 201, JSON.stringify(held.body))
  const reserved = await sale.send('POST', '/api/reservations', { ...two, key: 'r', body: { holdIds: [(await sale.hold(two, showId, 2)).body.id] } })
  assert.equal(reserved.status, 201, JSON.stringify(reserved.body))
  const payment = { token: two.token, key: 'pay', body: { reservationId: reserved.body.id } }

  const killedAt = performance.now()
  await postgres.kill()
  const whileAway = await Promise.all([
    sale.ask('POST', `/api/shows/${showId}/holds`, { ...three, key: 'hold-3', body: { seatIds: [3] } }),
    sale.ask('GET', '/api/wallet', one),
    sale.ask('POST', `/api/shows/${showId}/queue`, { ...four, body: {} }),
    sale.ask('GET', '/api/reservations', two),
    sale.ask('POST', '/api/payments', payment),
    sale.ask('POST', '/api/sessions', { body: login }),
    sale.ask('GET', '/api/concerts?title=zz'),
  ])
  for (const answer of whileAway) {
    assert.deepEqual([answer.status, answer.body.code], [503, 'outcome_unknown'], JSON.stringify(answer.body))
    assert.ok(Number(answer.retryAfter) > 0)
  }
  assert.equal(await sale.isReady(), false)
  await wait(Math.max(0, outageMs - (performance.now() - killedAt)))
  await postgres.restart()
  await until(sale.isReady)

  const paid = await sale.send('POST', '/api/payments', payment)
  assert.equal(paid.body.status, 'completed', JSON.stringify(paid.body))
  assert.equal((await sale.hold(three, showId, 3)).status, 201)
  // the deadline of the hold that ran through the outage moves forward, the hold stays
  const moved = Date.parse(String(held.body.until)) + 20_000
  await until(async () => {
    const again = await sale.hold(one, showId, 1)
    assert.equal(again.body.id, held.body.id)
    return Date.parse(String(again.body.until)) >= moved
  })
  assert.deepEqual(await sale.verify(), [])
})

test('connections ended by an administrator in the middle of purchases: nobody hears of an error, every purchase completes once', options, async () => {
  const { showId, fans } = await sale.openSale(12, 40)
  const admin = new pg.Client(postgres.url)
  await admin.connect()
  let ended = 0
  const cut = async () => {
    const { rows } = await admin.query(`select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and application_name = 'openrun' order by state, random() limit 2`)
    ended += rows.length
  }
  const statuses: unknown[] = []
  for (let from = 0; from < fans.length; from += 3) {
    const some = fans.slice(from, from + 3).map((fan, i) => sale.buy(fan, showId, from + i + 1))
    for (let cuts = 0; cuts < 4; cuts++) await cut()
    statuses.push(...(await Promise.all(some)).map(({ status }) => status))
  }
  await admin.end()
  assert.deepEqual([...new Set(statuses)], ['completed'])
  assert.ok(ended >= fans.length, `${ended} connections were ended`)
  assert.deepEqual(await sale.verify(), [])
})

test('without Kafka the process has the database for itself: it ends when PostgreSQL does, and whoever supervises it starts it again', options, async (t) => {
  const own = await startPostgres()
  const data = await mkdtemp(join(tmpdir(), 'openrun-away-whole-'))
  t.after(async () => {
    await own.close()
    await rm(data, { recursive: true, force: true })
  })
  const environment = { ...secrets, DATABASE_URL: own.url, KAFKA_BROKERS: '' }
  const first = await startChildServer(data, environment)
  const gone = until(async () => fetch(`${first.opsUrl}/healthz`).then(() => false, () => true))
  await own.kill()
  await gone
  await assert.rejects(startChildServer(data, environment), /ended with 1 before it served/)
  await own.restart()
  const second = await startChildServer(data, environment)
  await until(async () => (await fetch(`${second.opsUrl}/readyz`)).status === 200)
  await second.stop()
})
