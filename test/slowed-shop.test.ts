import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { createChaosCrowd } from '../src/chaos/crowd.ts'
import { operator } from '../src/chaos/system.ts'
import { type ServiceProcesses, startServices } from '../src/cli/service-processes.ts'
import { seeded } from '../src/crowd/random.ts'
import { createPostgresDatabase, testDatabaseUrl } from '../src/platform/testing.ts'
import { deleteTopics } from '../src/platform/testing-kafka.ts'
import { verifyProcesses } from '../src/verify-processes.ts'
import { saleEnvironment, until } from './sale.ts'

const brokers = process.env.TEST_KAFKA_BROKERS
const skip = testDatabaseUrl && brokers ? false : 'NOT TESTED: services apart need TEST_DATABASE_URL and TEST_KAFKA_BROKERS'
const prefix = `slowed-shop-${process.pid}`
const secrets = { SERVICE_SECRET: 'v'.repeat(40), SESSION_SECRET: 's'.repeat(40), PASS_SECRET: 'p'.repeat(40) }
const shop = ['seat', 'reservation', 'payment', 'wallet']
/** so little that some always wait */
const capNarrow = 12
const capWide = 300
const measuredMs = 6_000
/** what usual is, is learnt by and by */
const learningMs = 10_000

/** Of every 300 ms the shop works 30. Answers how it is made whole again. */
function slowByTen({ signal }: ServiceProcesses): () => Promise<void> {
  const over = new AbortController()
  const slowing = (async () => {
    while (!over.signal.aborted) {
      for (const name of shop) signal(name, 0, 'SIGSTOP')
      await wait(270)
      for (const name of shop) signal(name, 0, 'SIGCONT')
      await wait(30)
    }
  })()
  return () => {
    over.abort()
    return slowing
  }
}

test('a shop slowed by ten: fewer are let in and who waits is told why; whole again, the line moves as before, and nothing was lost', { skip, timeout: 240_000 }, async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'openrun-slowed-shop-'))
  const database = await createPostgresDatabase(testDatabaseUrl as string)
  const services = await startServices(directory, {
    ...secrets, ...saleEnvironment, OPERATOR_EMAIL: operator.email, OPERATOR_PASSWORD: operator.password, HOLD_SECONDS: '120',
    DATABASE_URL: database.url, DATABASE_CONNECTIONS: '4', KAFKA_BROKERS: brokers as string, KAFKA_PREFIX: prefix, LOG_LEVEL: 'error',
  }, (name, line) => t.diagnostic(`${name} ${line.slice(0, 300)}`))
  const crowd = createChaosCrowd({ url: services.url, random: seeded(5), fansPerSecond: 10, roundSeconds: 150, say: (line) => t.diagnostic(line) })
  const coming = new AbortController()
  t.after(async () => {
    coming.abort()
    await crowd.close()
    await services.stop()
    await database.drop()
    await deleteTopics(brokers as string, prefix)
    await rm(directory, { recursive: true, force: true })
  })
  const crowding = crowd.run(coming.signal)
  await until(async () => crowd.paidCount() > 0)
  const { showId } = crowd.rounds[0] ?? assert.fail('no show')
  const frame = async () => (await crowd.client.send('GET', `/api/shows/${showId}/queue`)).body as { admittedThrough: number; last: number; reason?: string }
  const session = await crowd.client.send('POST', '/api/sessions', { body: operator })
  const setCap = async (cap: number) =>
    assert.equal((await crowd.client.send('PUT', `/api/operations/shows/${showId}/line`, { token: String(session.body.accessToken), body: { cap } })).status, 200)
  await setCap(capNarrow)
  const admitted = async () => {
    const before = await frame()
    await wait(measuredMs)
    const after = await frame()
    assert.ok(after.last > after.admittedThrough, 'somebody waits, or the line could not be slower')
    return ((after.admittedThrough - before.admittedThrough) * 1_000) / measuredMs
  }

  await wait(learningMs)
  let usual = 0
  // a machine that stalls slows the line too
  await until(async () => {
    usual = await admitted()
    return (await frame()).reason === undefined
  })
  const paidBefore = crowd.paidCount()
  const makeWhole = slowByTen(services)
  t.after(makeWhole)
  const slowedAt = performance.now()
  await until(async () => (await frame()).reason !== undefined)
  const { reason } = await frame()
  t.diagnostic(`told why after ${Math.round(performance.now() - slowedAt)} ms: ${reason}`)
  assert.match(String(reason), /^slowed: (payment|server)$/)
  const slow = await admitted()
  assert.ok(slow < usual / 2, `${slow} let in a second, ${usual} before`)
  await makeWhole()
  const wholeAt = performance.now()
  await until(async () => (await frame()).reason === undefined)
  t.diagnostic(`nothing slows the line ${Math.round(performance.now() - wholeAt)} ms after the shop was whole again`)
  let again = 0
  await until(async () => {
    again = await admitted()
    return again > usual / 3
  })
  t.diagnostic(`let in a second: ${usual.toFixed(1)} before, ${slow.toFixed(1)} while slowed, ${again.toFixed(1)} afterwards`)
  await setCap(capWide)
  coming.abort()
  await Promise.all([crowd.end(), crowding])
  assert.ok(crowd.paidCount() > paidBefore)
  assert.deepEqual(crowd.rounds.map(({ record }) => [record.lost, record.unexpected]), crowd.rounds.map(() => [{ places: 0, holds: 0, payments: 0 }, []]))
  const { violations, errors, checks } = await verifyProcesses(services.opsUrls, { now: Date.now, pause: () => wait(300) })
  assert.ok(checks > 0)
  assert.deepEqual([...violations, ...errors], [])
})
