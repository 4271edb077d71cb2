import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { freePort } from '../src/platform/free-port.ts'
import { startChildServer } from '../src/cli/child-server.ts'
import { nginxBinary, startNginx } from '../src/cli/nginx.ts'
import { type ServiceProcesses, startServices } from '../src/cli/service-processes.ts'
import { createPostgresDatabase } from '../src/platform/testing.ts'
import { deleteTopics } from '../src/platform/testing-kafka.ts'
import { databaseUrlOf, type ServiceName } from '../src/services.ts'
import { verifyProcesses } from '../src/verify-processes.ts'
import type { Shop } from './journeys.ts'
import { type Answer, must, type Person, putOnSale, type Send } from './system.ts'

const operatorLogin = { email: 'operator@test.example', password: 'operator-test-1234' }
const patienceMs = 120_000
const pollMs = 50
const [postgres, redis, brokers] = [process.env.TEST_DATABASE_URL, process.env.TEST_REDIS_URL, process.env.TEST_KAFKA_BROKERS]

export type Rush = { status: number; stderr: string; report: Record<string, any> }
export type Running = Shop & {
  url: string
  opsUrls: string[]
  /** kill -9 of processes in turn, each started again */
  kill: () => Promise<void>
  /** the crowd of `npm run rush`; `selling` is when the first has paid */
  rush: (...options: string[]) => { ended: Promise<Rush>; selling: Promise<void> }
  /** `npm run verify` on these operations ports */
  verify: (opsUrls: string[]) => Promise<{ status: number; report: Record<string, any> }>
  services?: ServiceProcesses
  /** the database of each service that has one of its own */
  databases: Map<ServiceName, string>
  close: () => Promise<void>
}
export type Topology = { name: string; skip: string | false; open: () => Promise<Running> }
type Started = { url: string; opsUrls: string[]; kill: () => Promise<void>; stop: () => Promise<void>; services?: ServiceProcesses; databases?: Map<ServiceName, string> }

const environment = {
  SERVICE_SECRET: 'v'.repeat(40), SESSION_SECRET: 's'.repeat(40), PASS_SECRET: 'p'.repeat(40),
  OPERATOR_EMAIL: operatorLogin.email, OPERATOR_PASSWORD: operatorLogin.password,
  REHEARSALS: 'on', HOLD_SECONDS: '20', LOG_LEVEL: 'error', INNER_PORT: '0',
}
/** What a replica of each of these meets in the middle of a sale. */
const killed: ServiceName[] = ['seat', 'payment', 'wallet', 'queue', 'reservation']
/** They have a database of their own, so that nothing of another service is within their reach. */
const apartDatabases: ServiceName[] = ['seat', 'wallet']

const onEngines = () => ({ REDIS_URL: redis as string, KAFKA_BROKERS: brokers as string, KAFKA_PREFIX: `topology-${process.pid}-${randomUUID().slice(0, 8)}` })
type Engines = ReturnType<typeof onEngines>
const missing = [[postgres, 'TEST_DATABASE_URL'], [redis, 'TEST_REDIS_URL'], [brokers, 'TEST_KAFKA_BROKERS']].flatMap(([given, name]) => (given ? [] : [name]))
const withoutEngines = missing.length > 0 && `needs ${missing.join(', ')}`

/** From a laptop to everything apart: the same promises hold on each. */
export const topologies: Topology[] = [
  {
    name: 'one process, embedded',
    skip: postgres ? 'runs without TEST_DATABASE_URL' : false,
    open: () => opened((directory) => startOne(directory, { DATABASE_URL: '' })),
  },
  {
    name: 'one process on PostgreSQL, Redis and Kafka',
    skip: withoutEngines,
    open: () => opened((directory) => withDatabases(1, ([url], engines) => startOne(directory, { ...engines, DATABASE_URL: url as string }))),
  },
  {
    name: 'two replicas of everything behind nginx',
    skip: withoutEngines || (!nginxBinary() && 'needs nginx'),
    open: () => opened((directory) => withDatabases(1 + apartDatabases.length, (urls, engines) => startApart(directory, urls, engines))),
  },
]

/** Two whole processes behind nginx that share a Redis Cluster. */
export const onCluster = {
  skip: withoutEngines || (!nginxBinary() && 'needs nginx'),
  open: (redisUrl: string) => opened((directory) => withDatabases(1, ([url], engines) => startTwo(directory, { ...engines, DATABASE_URL: url as string, REDIS_URL: redisUrl }))),
}

async function startTwo(directory: string, more: Record<string, string>): Promise<Started> {
  // nginx's workers pass through it to a directory of theirs
  await chmod(directory, 0o711)
  const start = async (name: string) => {
    await mkdir(join(directory, name), { mode: 0o700 })
    return startChildServer(join(directory, name), { ...environment, TRUST_PROXY: 'loopback', ...more })
  }
  const servers: Awaited<ReturnType<typeof start>>[] = []
  const stopServers = () => Promise.all(servers.map((server) => server.stop()))
  const startAll = async () => {
    for (const name of ['one', 'two']) servers.push(await start(name))
    return startNginx({ directory: join(directory, 'nginx'), port: await freePort(), gateways: servers.map(({ url }) => new URL(url).host) }, () => undefined, () => undefined)
  }
  const nginx = await startAll().catch(async (error) => {
    await stopServers()
    throw error
  })
  return {
    url: nginx.url, opsUrls: servers.map(({ opsUrl }) => opsUrl),
    kill: async () => {
      for (const server of servers) await server.killAndRestart()
    },
    stop: async () => {
      await nginx.stop()
      await stopServers()
    },
  }
}

async function startOne(directory: string, more: Record<string, string>): Promise<Started> {
  const server = await startChildServer(directory, { ...environment, ...more })
  return { url: server.url, opsUrls: [server.opsUrl], kill: () => server.killAndRestart(), stop: () => server.stop() }
}

async function startApart(directory: string, [shared, ...own]: string[], engines: Engines): Promise<Started> {
  const databases = new Map(apartDatabases.map((name, i) => [name, own[i] as string]))
  const urls = Object.fromEntries([...databases].map(([name, url]) => [databaseUrlOf(name), url]))
  const lines: string[] = []
  const services = await startServices(directory, { ...environment, ...engines, ...urls, DATABASE_URL: shared as string, DATABASE_CONNECTIONS: '4' }, (name, line) => lines.push(`${name} ${line}`), { replicas: 2 })
  let turn = 0
  const kill = async () => {
    for (const name of killed) await services.killAndRestart(name, turn)
    turn = 1 - turn
  }
  return { url: services.url, opsUrls: services.opsUrls, kill, stop: services.stop, services, databases }
}

async function withDatabases(count: number, start: (urls: string[], engines: Engines) => Promise<Started>): Promise<Started> {
  const engines = onEngines()
  const databases = await Promise.all(Array.from({ length: count }, () => createPostgresDatabase(postgres as string)))
  const drop = () => Promise.all([...databases.map((database) => database.drop()), deleteTopics(engines.KAFKA_BROKERS, engines.KAFKA_PREFIX)])
  const started = await start(databases.map(({ url }) => url), engines).catch(async (error) => {
    await drop()
    throw error
  })
  return { ...started, stop: async () => {
    await started.stop()
    await drop()
  } }
}

async function opened(start: (directory: string) => Promise<Started>): Promise<Running> {
  const directory = await mkdtemp(join(tmpdir(), 'openrun-topology-'))
  const started = await start(directory)
  const { url, opsUrls, kill, services, databases = new Map() } = started
  const send = (method: string, path: string, options: Send = {}) => request(url, method, path, options)
  const signIn = async (email: string, password: string): Promise<Person> => {
    const { body } = await must(send('POST', '/api/sessions', { body: { email, password } }))
    return { userId: body.user.id, email, token: body.accessToken }
  }
  const operator = await signIn(operatorLogin.email, operatorLogin.password).catch(async (error) => {
    await started.stop()
    throw error
  })
  const over = new AbortController()
  return {
    url, opsUrls, kill, send, signIn, operator, eventually, databases,
    ...(services && { services }),
    rush: (...options) => rush(url, opsUrls, options, over.signal),
    verify: (urls) => new Promise((resolve) => {
      execFile(process.execPath, ['src/cli/verify.ts', '--json', '--ops-url', urls.join(',')], (error, stdout) =>
        resolve({ status: error ? Number(error.code) : 0, report: JSON.parse(stdout || '{}') }))
    }),
    fans: async (count, balance = 1_000_000) => {
      const { body } = await must(send('POST', '/api/operations/rehearsals', { token: operator.token, body: { fans: count, seats: 1 } }))
      const people: Person[] = body.fans.map((fan: { userId: string; accessToken: string }) => ({ userId: fan.userId, email: '', token: fan.accessToken }))
      if (balance > 0) await Promise.all(people.map(({ token }) => must(send('POST', '/api/wallet/top-ups', { token, key: 'first', body: { amount: balance } }))))
      return people
    },
    onSale: async (options) => {
      const showId = await putOnSale({ send, token: operator.token, now: Date.now() }, options)
      await eventually(() => send('GET', `/api/shows/${showId}/seats`), ({ status }) => status === 200)
      await eventually(() => send('GET', `/api/shows/${showId}/queue`), ({ body }) => body.phase === 'open')
      return showId
    },
    passOf: async ({ token }, showId) => {
      await must(send('POST', `/api/shows/${showId}/queue`, { token, body: {} }))
      const isIn = ({ body }: Answer) => body.status === 'called' || body.status === 'inside'
      const place = await eventually(() => send('GET', `/api/shows/${showId}/queue/me`, { token }), isIn)
      assert.ok(isIn(place), JSON.stringify(place.body))
      return (await must(send('POST', `/api/shows/${showId}/queue/pass`, { token, body: {} }))).body.pass
    },
    verificationOf: async (email) => {
      for (let waited = 0; waited < patienceMs; waited += pollMs) {
        const mail = globSync(join(directory, '**/mail/*.txt')).map((file) => readFileSync(file, 'utf8')).find((text) => text.startsWith(`To: ${email}\n`))
        const token = /token=([\w-]+)/.exec(mail ?? '')?.[1]
        if (token) return token
        await wait(pollMs)
      }
      throw new Error(`no mail to ${email}`)
    },
    sound: async () => {
      const { violations, errors } = await verifyProcesses(opsUrls, { now: Date.now, pause: () => wait(300) })
      assert.deepEqual([...violations, ...errors], [])
    },
    close: async () => {
      over.abort()
      await started.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

async function request(url: string, method: string, path: string, { token, key, pass, body, headers = {} }: Send): Promise<Answer> {
  const response = await fetch(new URL(path, url), {
    method,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }), ...(key && { 'idempotency-key': key }), ...(pass && { pass }),
      ...(body !== undefined && { 'content-type': 'application/json' }), ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  const isJson = text !== '' && /json/.test(response.headers.get('content-type') ?? '')
  return { status: response.status, body: isJson ? JSON.parse(text) : {}, headers: Object.fromEntries(response.headers) }
}

/** Processes of their own cannot be drained by us: they are looked at until they are there. */
async function eventually(look: () => Promise<Answer>, isAsExpected: (answer: Answer) => boolean): Promise<Answer> {
  for (const endAt = performance.now() + patienceMs; ; ) {
    const answer = await look()
    if (isAsExpected(answer) || performance.now() > endAt) return answer
    await wait(pollMs)
  }
}

/** Not waited for in this thread: the pipes of the processes have to be read meanwhile. */
function rush(url: string, opsUrls: string[], options: string[], signal: AbortSignal): ReturnType<Running['rush']> {
  const argv = ['src/cli/rush.ts', '--url', url, '--ops-url', opsUrls.join(','), '--json', ...options]
  const env = { ...process.env, OPERATOR_EMAIL: operatorLogin.email, OPERATOR_PASSWORD: operatorLogin.password }
  let tell = () => {}
  const selling = new Promise<void>((resolve) => {
    tell = resolve
  })
  const ended = new Promise<Rush>((resolve) => {
    const child = execFile(process.execPath, argv, { env, maxBuffer: 1 << 26, signal }, (error, stdout, stderr) => {
      tell()
      resolve({ status: error ? Number(error.code) : 0, stderr, report: JSON.parse(stdout.trim().split('\n').at(-1) || '{}') })
    })
    child.stderr?.on('data', (text) => /paid [1-9]/.test(text) && tell())
  })
  return { ended, selling }
}
