import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Engine, missingEngines, startKafka, startPostgres } from '../src/chaos/engines.ts'
import { type ChildServer, startChildServer } from '../src/cli/child-server.ts'
import { testDatabaseUrl } from '../src/platform/testing.ts'
import { createSale, type Fan, saleEnvironment, until } from './sale.ts'

const kafkaLib = process.env.KAFKA_LIB
const missing = missingEngines({ kafkaLib })
const lacking = missing.length > 0 && process.env.CI !== 'true' ? `NOT TESTED: this machine lacks ${missing.join('; ')}` : false
// once is enough: its engines are its own
const skip = testDatabaseUrl ? lacking : 'NOT TESTED in this round: needs TEST_DATABASE_URL'

let directory: string
let postgres: Engine
let kafka: Engine
let server: ChildServer
let sale: ReturnType<typeof createSale>

before(async () => {
  if (skip) return
  directory = await mkdtemp(join(tmpdir(), 'openrun-away-kafka-'))
  kafka = await startKafka({ kafkaLib })
  postgres = await startPostgres()
  const secrets = { SESSION_SECRET: 's'.repeat(40), PASS_SECRET: 'p'.repeat(40) }
  server = await startChildServer(directory, { ...secrets, ...saleEnvironment, DATABASE_URL: postgres.url, KAFKA_BROKERS: kafka.url, LOG_LEVEL: 'silent' })
  sale = createSale(server.url, server.opsUrl)
})
after(async () => {
  if (skip) return
  await sale?.close()
  await server?.stop()
  await Promise.all([kafka?.close(), postgres?.close()])
  await rm(directory, { recursive: true, force: true })
})

const balanceOf = async (fan: Fan) => Number((await sale.send('GET', '/api/wallet', { token: fan.token })).body.balance)
const waiting = (producer: string) => sale.metric(`openrun_outbox_waiting\\{producer="${producer}"\\}`)

test('Kafka killed: sales go on, what happened waits in the outbox; afterwards all of it is told once, and the backlog is seen in the metrics', { skip, timeout: 180_000 }, async () => {
  const { showId, fans } = await sale.openSale(4, 20)
  const [early, late, canceller] = fans as [Fan, Fan, Fan]
  assert.equal((await sale.buy(early, showId, 1)).status, 'completed')
  const bought = await sale.buy(canceller, showId, 2)
  const before = await balanceOf(canceller)

  await kafka.kill()
  assert.equal((await sale.buy(late, showId, 3)).status, 'completed', 'sales go on')
  const cancelled = await sale.send('DELETE', `/api/reservations/${bought.reservationId}`, { token: canceller.token })
  assert.ok(cancelled.status < 300, JSON.stringify(cancelled.body))
  const next = await sale.openShow(1, 10)
  const preparing = await sale.ask('GET', `/api/shows/${next.showId}/seats`)
  assert.deepEqual([preparing.status, preparing.body.code], [503, 'show_preparing'])
  assert.ok(Number(preparing.retryAfter) > 0)
  await until(async () => (await waiting('reservation')) > 0 && (await waiting('concert')) > 0)
  assert.equal(await sale.isReady(), true)
  assert.equal(await balanceOf(canceller), before, 'the refund has not been heard of')

  await kafka.restart()
  await until(async () => (await balanceOf(canceller)) > before)
  const refunded = await balanceOf(canceller)
  await until(async () => (await sale.ask('GET', `/api/shows/${next.showId}/seats`)).status === 200)
  await until(async () => (await waiting('reservation')) === 0 && (await waiting('concert')) === 0)
  await until(async () => (await sale.metric('openrun_consumer_lag\\{subscriber="payment"\\}')) === 0)
  assert.equal(await balanceOf(canceller), refunded, 'refunded once')
  assert.deepEqual(await sale.verify(), [])
})
