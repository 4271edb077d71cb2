import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { type ServiceProcesses, startServices } from '../src/cli/service-processes.ts'
import { createPostgresDatabase, testDatabaseUrl } from '../src/platform/testing.ts'
import { deleteTopics } from '../src/platform/testing-kafka.ts'
import { createSale, type Fan, saleEnvironment, until } from './sale.ts'

const brokers = process.env.TEST_KAFKA_BROKERS
const skip = testDatabaseUrl && brokers ? false : 'NOT TESTED: services apart need TEST_DATABASE_URL and TEST_KAFKA_BROKERS'
const options = { skip, timeout: 120_000 }
const prefix = `away-service-${process.pid}`

let directory: string
let database: Awaited<ReturnType<typeof createPostgresDatabase>>
let services: ServiceProcesses
let sale: ReturnType<typeof createSale>

before(async () => {
  if (skip) return
  directory = await mkdtemp(join(tmpdir(), 'openrun-away-service-'))
  database = await createPostgresDatabase(testDatabaseUrl as string)
  const secrets = { SERVICE_SECRET: 'v'.repeat(40), SESSION_SECRET: 's'.repeat(40), PASS_SECRET: 'p'.repeat(40) }
  services = await startServices(directory, { ...secrets, ...saleEnvironment, HOLD_SECONDS: '120', DATABASE_URL: database.url, DATABASE_CONNECTIONS: '4', KAFKA_BROKERS: brokers as string, KAFKA_PREFIX: prefix, LOG_LEVEL: 'silent' }, () => undefined)
  sale = createSale(services.url, ...services.opsUrls)
})
after(async () => {
  if (skip) return
  await sale?.close()
  await services?.stop()
  await database?.drop()
  await deleteTopics(brokers as string, prefix)
  await rm(directory, { recursive: true, force: true })
})

const breaker = () => sale.metric('openrun_breaker_open\\{service="seat"\\}')

test('the seat service frozen: who needs it is told that the outcome is unknown, pages that do not go on, and nothing it did not say is said; then the same request has its answer', options, async (t) => {
  const { showId, fans } = await sale.openSale(2, 20)
  const [fan, other] = fans as [Fan, Fan]
  assert.equal((await sale.ask('GET', `/api/shows/${showId}`)).body.availability !== null, true)
  services.signal('seat', 0, 'SIGSTOP')
  t.after(() => services.signal('seat', 0, 'SIGCONT'))
  const wanted = { ...fan, key: 'mine', body: { seatIds: [1] } }
  const [first, page, list, line] = await Promise.all([
    sale.ask('POST', `/api/shows/${showId}/holds`, wanted),
    sale.ask('GET', `/api/shows/${showId}`),
    sale.ask('GET', '/api/concerts'),
    sale.ask('GET', `/api/shows/${showId}/queue/me`, other),
  ])
  assert.deepEqual([first.status, first.body.code], [503, 'outcome_unknown'])
  assert.ok(Number(first.retryAfter) > 0)
  assert.deepEqual([page.status, page.body.availability ?? null], [200, null], 'how many seats are left is not known')
  assert.deepEqual([list.status, line.status], [200, 200])
  // calls of one turn are one request, and a breaker judges requests
  const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => wait(i * 10).then(() => sale.ask('GET', `/api/shows/${showId}/seats`))))
  assert.deepEqual([...new Set(answers.map(({ status, body }) => `${status} ${String(body.code)}`))], ['503 outcome_unknown'])
  assert.equal(await breaker(), 1)
  services.signal('seat', 0, 'SIGCONT')
  const held = await sale.send('POST', `/api/shows/${showId}/holds`, wanted)
  assert.equal(held.status, 201, JSON.stringify(held.body))
  await until(async () => (await breaker()) === 0)
  assert.notEqual((await sale.ask('GET', `/api/shows/${showId}`)).body.availability ?? null, null)
  const taken = await sale.send('POST', `/api/shows/${showId}/holds`, { ...other, key: 'theirs', body: { seatIds: [1] } })
  assert.equal(taken.body.code, 'seat_taken')
})

test('the wallet killed between hold and payment: the payment waits, and completes once when the wallet is back', options, async () => {
  const { showId, fans } = await sale.openSale(1, 20)
  const [fan] = fans as [Fan]
  const held = await sale.hold(fan, showId, 1)
  const reserved = await sale.send('POST', '/api/reservations', { token: fan.token, key: 'r', body: { holdIds: [held.body.id] } })
  await services.replica('wallet').kill()
  const payment = { token: fan.token, key: 'pay', body: { reservationId: reserved.body.id } }
  const running = await sale.ask('POST', '/api/payments', payment)
  assert.ok(running.status === 202 || running.status === 503, JSON.stringify(running))
  assert.equal((await sale.ask('DELETE', `/api/holds/${String(held.body.id)}`, fan)).body.code, 'payment_in_progress', 'no clock and nobody takes the seat meanwhile')
  await services.replica('wallet').restart()
  await until(async () => (await sale.send('POST', '/api/payments', payment)).body.status === 'completed')
  assert.deepEqual(await sale.verify(), [])
})
