import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { startChildServer } from '../src/cli/child-server.ts'
import { openEmbedded } from '../src/platform/embedded.ts'
import { park } from '../src/platform/parked.ts'
import { createPostgresDatabase, testDatabaseUrl } from '../src/platform/testing.ts'

let dataDir: string
before(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'openrun-rules-'))
})
after(() => rm(dataDir, { recursive: true, force: true }))

const path = (name: string) => new URL(`../src/${name}`, import.meta.url).pathname
const onPostgres = { skip: testDatabaseUrl === undefined && 'needs TEST_DATABASE_URL' }

const secrets = { SESSION_SECRET: 's'.repeat(40), PASS_SECRET: 'p'.repeat(40) }

/** Starts a program of ours on free ports. */
const start = (script: string, args: string[], environment: Record<string, string>) =>
  spawn(process.execPath, [path(script), ...args], { env: { ...process.env, LOG_LEVEL: 'error', PORT: '0', OPS_PORT: '0', ...environment }, stdio: ['ignore', 'pipe', 'pipe'] })

/** Plants a parked message in the data of a server that does not run. */
async function parkIn(directory: string, subscriber: string, { producer, key, name }: { producer: string; key: string; name: string }) {
  const db = await openEmbedded(directory)
  await park(db, subscriber, [{ producer, key, name, version: 1, occurredAt: Date.now(), data: {} }], new Error('planted'), Date.now())
  await db.close()
}

async function runToItsEnd(script: string, args: string[], environment: Record<string, string>) {
  const child = start(script, args, environment)
  const said = { stdout: '', stderr: '' }
  child.stdout.on('data', (data) => (said.stdout += data))
  child.stderr.on('data', (data) => (said.stderr += data))
  const [code] = await once(child, 'close')
  return { code, ...said }
}

test('verify runs inside the server that has the data open, and opens the data itself when nobody has', async (t) => {
  const server = await startChildServer(dataDir, { DATABASE_URL: '' })
  t.after(() => server.stop())
  const live = await runToItsEnd('cli/verify.ts', ['--json'], { DATA_DIR: dataDir, DATABASE_URL: '' })
  assert.deepEqual([live.code, JSON.parse(live.stdout).violations], [0, []], live.stderr)
  const told = await fetch(new URL('/verify', server.opsUrl), { method: 'POST' })
  assert.equal((await told.json() as { checks: number }).checks, JSON.parse(live.stdout).checks)
  assert.equal((await fetch(new URL('/verify', server.url), { method: 'POST' })).status, 404, 'never on the public port')
  await server.stop()
  const alone = await runToItsEnd('cli/verify.ts', ['--json'], { DATA_DIR: dataDir, DATABASE_URL: '' })
  assert.deepEqual([alone.code, JSON.parse(alone.stdout).checks], [0, JSON.parse(live.stdout).checks], alone.stderr)
})

test('parked messages are listed and replayed inside the server that has the data open, and on the data itself when nobody has', async (t) => {
  const DATA_DIR = join(dataDir, 'parked')
  const userId = '00000000-0000-4000-8000-000000000001'
  const first = await startChildServer(DATA_DIR, { DATABASE_URL: '' })
  t.after(() => first.stop())
  await first.stop()
  await parkIn(DATA_DIR, 'wallet', { producer: 'user', key: userId, name: 'user.registered' })
  await parkIn(DATA_DIR, 'seat', { producer: 'concert', key: 'no show', name: 'show.published' })
  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await runToItsEnd('cli/parked.ts', ['--json', ...args], { DATA_DIR, DATABASE_URL: '' })
    const { parked, applied, failed } = stdout === '' ? { parked: [], applied: [], failed: [] } : JSON.parse(stdout)
    const names = (list?: { subscriber: string; name: string }[]) => list?.map(({ subscriber, name }) => `${subscriber} ${name}`)
    return { code, parked: names(parked), applied: names(applied), failed: names(failed), stderr }
  }
  const both = ['wallet user.registered', 'seat show.published']
  assert.deepEqual((await run()).parked?.sort(), both.toSorted())

  const server = await startChildServer(DATA_DIR, { DATABASE_URL: '' })
  t.after(() => server.stop())
  const metrics = await (await fetch(new URL('/metrics', server.opsUrl))).text()
  assert.match(metrics, /openrun_parked_messages\{subscriber="wallet"\} 1/)
  const live = await run('--replay', '--subscriber', 'wallet')
  assert.deepEqual([live.code, live.applied, live.failed], [0, both.slice(0, 1), []], live.stderr)
  const again = await run('--replay')
  assert.deepEqual([again.code, again.applied, again.failed], [1, [], both.slice(1)], again.stderr)
  const nobody = await run('--replay', '--subscriber', 'walet')
  assert.equal(nobody.code, 1)
  assert.match(nobody.stderr, /no subscriber is called walet; there are .*wallet/)
  assert.match(await (await fetch(new URL('/metrics', server.opsUrl))).text(), /openrun_parked_messages\{subscriber="wallet"\} 0/)
  assert.equal((await fetch(new URL('/parked', server.url))).status, 404, 'never on the public port')
  await server.stop()

  const alone = await run('--replay', '--key', 'no show')
  assert.deepEqual([alone.code, alone.applied, alone.failed], [1, [], both.slice(1)], alone.stderr)
  assert.equal((await runToItsEnd('cli/parked.ts', ['--key', 'x'], { DATA_DIR })).code, 2)
})

test('a second whole process on one database waits, then refuses and names what it would need; the first serves on', { ...onPostgres, timeout: 90_000 }, async (t) => {
  const database = await createPostgresDatabase(testDatabaseUrl ?? '')
  const first = await startChildServer(join(dataDir, 'first'), { DATABASE_URL: database.url, ...secrets })
  t.after(async () => {
    await first.stop()
    await database.drop()
  })
  const second = await runToItsEnd('main.ts', [], { DATA_DIR: join(dataDir, 'second'), DATABASE_URL: database.url, ...secrets })
  assert.equal(second.code, 1)
  assert.match(second.stderr, /several processes need KAFKA_BROKERS/)
  assert.equal((await fetch(new URL('/healthz', first.url))).status, 200)
})

test('a process that loses the connection of its lock ends, for another may have the database now', { ...onPostgres, timeout: 90_000 }, async (t) => {
  const database = await createPostgresDatabase(testDatabaseUrl ?? '')
  t.after(() => database.drop())
  const child = start('main.ts', [], { DATA_DIR: join(dataDir, 'lost'), DATABASE_URL: database.url, ...secrets })
  t.after(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data') // it serves
  const admin = new pg.Client(database.url)
  await admin.connect()
  const { rows } = await admin.query(`select pg_terminate_backend(pid) from pg_locks
    where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`)
  await admin.end()
  assert.equal(rows.length, 1, 'one connection holds the lock')
  const [code] = await once(child, 'close')
  assert.equal(code, 1)
})
