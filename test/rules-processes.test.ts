import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { startChildServer } from '../src/cli/child-server.ts'
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

test('a second whole process on one database waits, then refuses and names what it would need; the first serves on', { ...onPostgres, timeout: 90_000 }, async (t) => {
  const database = await createPostgresDatabase(testDatabaseUrl ?? '')
  const first = await startChildServer(join(dataDir, 'first'), { DATABASE_URL: database.url, ...secrets })
  t.after(async () => {
    await first.stop()
    await database.drop()
  })
  const second = await runToItsEnd('main.ts', [], { DATA_DIR: join(dataDir, 'second'), DATABASE_URL: database.url, ...secrets })
  assert.equal(second.code, 1)
  assert.match(second.stderr, /REDIS_URL and KAFKA_BROKERS/)
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
