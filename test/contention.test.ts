import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import sql from 'sql-template-tag'
import { openPostgres, type Database } from '../src/platform/database.ts'
import { createPostgresDatabase, testDatabaseUrl } from '../src/platform/testing.ts'
import { seatChecks } from '../src/seat/checks.ts'
import { openSystem, type TestSystem } from './system.ts'

/** Four processes need a server; PGlite serves one. */
const skip = testDatabaseUrl ? false : 'needs PostgreSQL (TEST_DATABASE_URL): PGlite serves one process'
const seconds = Number(process.env.CONTENTION_SECONDS ?? (process.env.CI === 'true' ? 60 : 15))
const processesCount = 4
const usersCount = 150
const lookEveryMs = 300
const children = new Set<ChildProcess>()
type Report = { counts: Record<string, number>; unexpected: string[] }

let database: { url: string; drop: () => Promise<void> }
let db: Database
let world: TestSystem
before(async () => {
  if (skip) return
  database = await createPostgresDatabase(testDatabaseUrl ?? '')
  db = openPostgres(database.url)
  world = await openSystem({ db, time: { now: Date.now() } })
})
after(async () => {
  for (const child of children) child.kill('SIGKILL')
  if (skip) return
  await world.close()
  await db.close()
  await database.drop()
})

test(`four processes fight for random overlapping groups for ${seconds} s: no deadlock seen, no torn hold, no quota drift`, { skip }, async (t) => {
  const showId = await world.onSale({ rows: 20, seats: 10 })
  const { body: frame } = await world.send('GET', `/api/shows/${showId}/queue`)
  const users = Array.from({ length: usersCount }, () => randomUUID()).join(',')
  const workers = Array.from({ length: processesCount }, (_, i) => runWorker(['--url', database.url, '--show', showId, '--window', frame.windowId, '--users', users, '--seconds', String(seconds), '--seed', String(i + 1)]))
  let ended = false
  const all = Promise.all(workers).finally(() => {
    ended = true
  })
  let looks = 0
  for (; !ended; looks++) {
    assert.deepEqual(await violations(), [])
    await Promise.race([wait(lookEveryMs), all])
  }
  const reports = await all
  assert.deepEqual(reports.flatMap((report) => report.unexpected).slice(0, 3), [])
  assert.deepEqual(await violations(), [])
  const totals: Record<string, number> = {}
  for (const { counts } of reports) for (const [what, count] of Object.entries(counts)) totals[what] = (totals[what] ?? 0) + count
  for (const rare of ['hold done', 'hold seat_taken', 'replay done', 'swap done', 'release done', 'pin done', 'pin again done', 'unpin done', 'sell done', 'free done'])
    assert.ok((totals[rare] ?? 0) > 0, `nobody came to "${rare}"`)
  const [stats] = await db.rows<{ deadlocks: number }>(sql`select deadlocks from pg_stat_database where datname = current_database()`)
  t.diagnostic(`${looks} looks at live data, ${stats?.deadlocks} deadlocks inside, ${JSON.stringify(totals)}`)
})

/** Each check is one statement, so it sees whole batches only. */
async function violations(): Promise<unknown[]> {
  const found = await Promise.all(seatChecks.filter((check) => check.id !== 'I4').map(async (check) => {
    const rows = await db.rows(check.query(Date.now()))
    return rows.map((row) => ({ check: check.name, row }))
  }))
  return found.flat()
}

async function runWorker(argv: string[]): Promise<Report> {
  const child = spawn(process.execPath, [new URL('./contention-worker.ts', import.meta.url).pathname, ...argv], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.add(child)
  const output = await text(child.stdout)
  children.delete(child)
  assert.ok(output, 'a worker died without a word')
  return JSON.parse(output) as Report
}
