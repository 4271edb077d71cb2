import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { serverFlags, untilServed } from '../src/cli/child-server.ts'
import { createPostgresDatabase } from '../src/platform/testing.ts'
import { urlOf } from '../src/services.ts'
import { callbackOf } from '../src/wallet/sandbox-tells.ts'

const serverUrl = process.env.TEST_DATABASE_URL
const brokers = process.env.TEST_KAFKA_BROKERS
const skip = serverUrl && brokers ? false : 'the line apart needs TEST_DATABASE_URL and TEST_KAFKA_BROKERS'
const main = new URL('../src/main.ts', import.meta.url).pathname
const services = ['user', 'concert', 'wallet', 'queue'] as const
const secret = 'b'.repeat(40)
const login = { email: 'operator@apart.example', password: 'operator-apart-1234' }
const children: ChildProcess[] = []
let directory: string
let drop: () => Promise<void>
let [gateway, callbacks] = ['', '']

async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  return String(port)
}

before(async () => {
  if (skip) return
  directory = await mkdtemp(join(tmpdir(), 'openrun-line-'))
  const database = await createPostgresDatabase(serverUrl as string)
  drop = database.drop
  const ports = Object.fromEntries(await Promise.all(services.map(async (name) => [name, await freePort()] as const)))
  const urls = Object.fromEntries(services.map((name) => [urlOf(name), `http://127.0.0.1:${ports[name]}`]))
  const common = {
    ...urls, SEAT_URL: 'none', DATABASE_URL: database.url, KAFKA_BROKERS: brokers as string, KAFKA_PREFIX: `line-${process.pid}`, DATABASE_CONNECTIONS: '3',
    SERVICE_SECRET: 'v'.repeat(40), SESSION_SECRET: 's'.repeat(40), PASS_SECRET: 'p'.repeat(40), PROVIDER_SECRET: secret,
    OPERATOR_EMAIL: login.email, OPERATOR_PASSWORD: login.password, PORT: '0', OPS_PORT: '0', REHEARSALS: 'on', LOG_LEVEL: 'warn',
  }
  const start = async (name: string) => {
    const data = join(directory, name)
    await mkdir(data)
    const environment = { ...process.env, ...common, SERVICES: name, DATA_DIR: data, INNER_PORT: ports[name] ?? '0' }
    const child = spawn(process.execPath, [...serverFlags, main], { env: environment, stdio: ['ignore', 'ignore', 'inherit'] })
    children.push(child)
    return untilServed(child, join(data, 'server.json'), name)
  }
  await Promise.all(services.map(start))
  ;[gateway, callbacks] = (await Promise.all(['gateway', 'callbacks'].map(start))).map(({ url }) => url) as [string, string]
})

after(async () => {
  if (skip) return
  for (const child of children.toReversed()) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
  await drop()
  await rm(directory, { recursive: true, force: true })
})

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

test('line, users, concerts, wallet, gateway and callbacks as six processes, without seats: a shop sells behind them, a provider tells', { skip, timeout: 180_000 }, async () => {
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
  assert.deepEqual((await ask('POST', path, callback)).body, { effect: 'none', reason: 'known' }, 'the gateway takes them too')
  assert.equal((await ask('GET', '/api/me', { token })).body.balance, 7_000)
  assert.equal((await ask('GET', '/readyz', {}, callbacks)).status, 200)
  assert.equal((await ask('GET', '/api/me', { token }, callbacks)).body.code, 'not_found', 'the process for callbacks serves nothing else')
})
