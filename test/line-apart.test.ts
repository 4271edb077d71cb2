import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { nginxBinary } from '../src/cli/nginx.ts'
import { type ServiceProcesses, startServices } from '../src/cli/service-processes.ts'
import { createPostgresDatabase } from '../src/platform/testing.ts'
import { deleteTopics } from '../src/platform/testing-kafka.ts'
import { verifyProcesses } from '../src/verify-processes.ts'
import { callbackOf } from '../src/wallet/sandbox-tells.ts'

const [serverUrl, brokers, redis] = [process.env.TEST_DATABASE_URL, process.env.TEST_KAFKA_BROKERS, process.env.TEST_REDIS_URL]
const skip = serverUrl && brokers && redis && nginxBinary() ? false : 'the line apart needs TEST_DATABASE_URL, TEST_KAFKA_BROKERS, TEST_REDIS_URL and nginx'
const secret = 'b'.repeat(40)
const login = { email: 'operator@apart.example', password: 'operator-apart-1234' }
let services: ServiceProcesses
let [gateway, callbacks] = ['', '']
let close = async () => {}

before(async () => {
  if (skip) return
  const directory = await mkdtemp(join(tmpdir(), 'openrun-line-'))
  const database = await createPostgresDatabase(serverUrl as string)
  const prefix = `line-${process.pid}`
  close = async () => {
    await services?.stop()
    await database.drop()
    await deleteTopics(brokers as string, prefix)
    await rm(directory, { recursive: true, force: true })
  }
  services = await startServices(directory, {
    SERVICES: 'gateway,callbacks,user,concert,wallet,queue', SEAT_URL: 'none', PROVIDER_SECRET: secret,
    DATABASE_URL: database.url, REDIS_URL: redis as string, KAFKA_BROKERS: brokers as string, KAFKA_PREFIX: prefix, DATABASE_CONNECTIONS: '3',
    SERVICE_SECRET: 'v'.repeat(40), SESSION_SECRET: 's'.repeat(40), PASS_SECRET: 'p'.repeat(40),
    OPERATOR_EMAIL: login.email, OPERATOR_PASSWORD: login.password, REHEARSALS: 'on', LOG_LEVEL: 'warn',
  }, () => undefined, { replicas: 2 })
  gateway = services.url
  callbacks = (await services.replica('callbacks').served()).url
})
after(() => close())

type Asked = { token?: string | undefined; body?: unknown; headers?: Record<string, string> }
async function ask(method: string, path: string, { token, body, headers = {} }: Asked = {}, origin = gateway) {
  const json = body === undefined ? {} : { 'content-type': 'application/json' }
  const response = await fetch(origin + path, {
    method, headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...json, ...headers }, ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, body: text ? JSON.parse(text) : {}, pass: response.headers.get('pass-user') }
}

/** News travel: asked again until it is so; the test's timeout is the end. */
async function until<T>(look: () => Promise<T>, isSo: (seen: T) => boolean): Promise<T> {
  for (let seen = await look(); ; seen = await look()) if (isSo(seen)) return seen
}

test('line, users, concerts, wallet, gateway and callbacks as processes of their own, two of each behind nginx, without seats: a shop sells behind them, a provider tells', { skip, timeout: 180_000 }, async () => {
  const { body: { accessToken: token } } = await ask('POST', '/api/sessions', { body: login })
  const { body: { id: concertId } } = await ask('POST', '/api/concerts', { token, body: { title: 'apart', venue: 'apart' } })
  const at = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()
  const windows = [{ name: 'w', opensAt: at(-1), closesAt: at(5), audience: 'everyone', sections: null }]
  const show = await ask('POST', `/api/concerts/${concertId}/shows`, { token, body: { startsAt: at(9), endsAt: at(10), timeZone: 'Asia/Seoul', ticketsPerUserMax: 1, windows } })
  const showId = show.body.id
  const published = await ask('POST', `/api/shows/${showId}/publish`, { token })
  assert.equal(published.status, 200, JSON.stringify(published.body))
  const { body: { key } } = await ask('POST', '/api/shops', { token, body: { name: 'apart' } })
  const line = `/api/shows/${showId}/queue`

  // an operator has no verified address to confirm and stands in line like everybody
  const joined = await until(() => ask('POST', line, { token, body: {} }), ({ body }) => body.code !== 'show_preparing')
  assert.equal(joined.body.number, 1, JSON.stringify(joined.body))
  const claimed = await until(() => ask('POST', `${line}/pass`, { token, body: {} }), ({ status }) => status === 201)
  const pass = { pass: claimed.body.pass }
  const checked = await ask('GET', `/api/passes/check?show=${showId}`, { headers: pass })
  assert.equal(checked.status, 204)
  const told = await ask('POST', `/api/shows/${showId}/purchases`, { headers: { 'shop-key': key }, body: { userId: checked.pass, seats: 1 } })
  assert.deepEqual([told.status, told.body], [200, { seats: 1, done: false }])
  const mine = await until(() => ask('GET', `${line}/me`, { token }), ({ body }) => body.status === 'ended')
  assert.equal(mine.body.endedReason, 'purchase')
  assert.equal((await ask('GET', `/api/passes/check?show=${showId}`, { headers: pass })).body.code, 'pass_ended')
  assert.equal((await ask('GET', '/api/reservations', { token })).body.code, 'service_absent')

  const topUp = await ask('POST', '/api/wallet/top-ups', { token, body: { amount: 7_000, source: 'sandbox:late' } })
  assert.equal(topUp.status, 202)
  const callback = callbackOf({ ref: topUp.body.id, amount: 7_000, outcome: 'approved' }, secret, Date.now())
  const path = '/api/providers/sandbox/callbacks'
  assert.deepEqual((await ask('POST', path, callback, callbacks)).body, { effect: 'settled', reason: null })
  assert.deepEqual((await ask('POST', path, callback)).body, { effect: 'none', reason: 'known' }, 'by nginx, too')
  assert.equal((await ask('GET', '/api/me', { token })).body.balance, 7_000)
  assert.equal((await ask('GET', '/readyz', {}, callbacks)).status, 200)
  assert.equal((await ask('GET', '/api/me', { token }, callbacks)).body.code, 'not_found', 'the process for callbacks serves nothing else')
  assert.deepEqual([...new Set(services.replicas.map(({ name }) => name))], ['user', 'concert', 'wallet', 'queue', 'gateway', 'callbacks'])
  const { violations, errors } = await verifyProcesses(services.opsUrls, { now: Date.now, pause: async () => undefined })
  assert.deepEqual([...violations, ...errors], [])
})
