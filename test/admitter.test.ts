import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { test } from 'node:test'
import sql from 'sql-template-tag'
import { type Api, local } from '../src/platform/contract.ts'
import { type Database, openPostgres, outsideTransaction } from '../src/platform/database.ts'
import { deliver } from '../src/platform/inbox.ts'
import { createLog } from '../src/platform/log.ts'
import { createMetrics } from '../src/platform/metrics.ts'
import { migrate } from '../src/platform/migrate.ts'
import { createPostgresDatabase, testDatabaseUrl } from '../src/platform/testing.ts'
import { createMemoryLive } from '../src/platform/live.ts'
import { createSigner } from '../src/platform/signature.ts'
import { createTokens } from '../src/platform/token.ts'
import { type QueueApi, queueOperations, type WorkClaims } from '../src/queue/api.ts'
import { queueChecks } from '../src/queue/checks.ts'
import { createQueue } from '../src/queue/service.ts'
import type { PassClaims } from '../src/seat/api.ts'
import { hash } from '../src/queue/draw-hash.ts'
import { createReplay } from '../src/queue/replay.ts'
import type { ChainedLine } from '../src/queue/record-chain.ts'

const idleMs = 1_000
const patienceMs = 60_000
const [cap, fans] = [20, 200]
const keys = [{ id: 't', secret: 'a test secret of some length' }]

test('an admitter that is stopped with the line in its hand is taken over, and continued it does no harm: cap kept, no pass lost or made twice', {
  skip: testDatabaseUrl ? false : 'needs processes on one PostgreSQL (TEST_DATABASE_URL)',
}, async () => {
  const { url, drop } = await createPostgresDatabase(testDatabaseUrl ?? '')
  const db = openPostgres(url)
  await migrate(db, [{ service: 'queue', directory: new URL('../src/queue/migrations/', import.meta.url) }])
  const passes = createTokens<PassClaims>('pass', keys)
  const service = createQueue({
    db, passes, works: createTokens<WorkClaims>('work', keys), signer: createSigner('frame', keys), live: createMemoryLive(), capDefault: 0, now: Date.now, newId: randomUUID, random: Math.random, metrics: createMetrics(), log: createLog('silent'),
    seat: { endPass: async () => ({ used: false }), quota: async () => ({ seats: 0, sold: 0, seatsMax: 4 }), clocks: async () => ({ holds: 0 }), stock: async () => ({ stocks: [] }) },
  })
  const queue: QueueApi = local('queue', queueOperations, service.api as Api<typeof queueOperations>)
  const showId = await publish(db, service.on ?? {})
  const people = Array.from({ length: fans }, () => ({ showId, userId: randomUUID(), sessionId: randomUUID() }))
  await Promise.all(people.map((fan) => queue.join(fan)))

  const workers: ChildProcess[] = []
  try {
    const old = await admitter(url, workers)
    // the test holds the show, so that the old admitter waits for it; stopped there, it is given the lock without knowing
    await db.transaction(async (tx) => {
      await tx.rows(sql`update queue.shows set cap = ${cap} where show_id = ${showId}`)
      await tx.rows(sql`insert into queue.show_events (show_id, at, what, detail) values (${showId}, now(), 'cap', ${JSON.stringify({ cap })}::jsonb)`)
      await outsideTransaction(async () => {
        await wake(url, showId)
        await until(async () => (await waiting(url)) > 0)
      })
      old.kill('SIGSTOP')
    })
    const next = await admitter(url, workers)
    await until(async () => (await calls(db, showId)) === cap)
    old.kill('SIGCONT')
    // both work on: every place that leaves makes room for the next
    const inside: Promise<unknown>[] = []
    for (let left = 0; left < 60; left += 10) {
      for (const fan of people.slice(left, left + 10)) inside.push(queue.pass({ ...fan, verified: true }))
      const answers = await Promise.all(inside.splice(0)) as { pass: string }[]
      assert.equal(new Set(answers.map(({ pass }) => pass)).size, 10)
      for (const { pass } of answers) assert('claims' in passes.verify(pass, Date.now()))
      await Promise.all(people.slice(left, left + 10).map((fan) => queue.leave(fan)))
      await until(async () => (await calls(db, showId)) === cap + left + 10)
    }
    for (const worker of [old, next]) worker.kill('SIGTERM')
    await Promise.all([old, next].map((worker) => worker.exitCode ?? once(worker, 'exit')))

    const replay = createReplay(hash)
    for (const line of await recordOf(queue, showId)) replay.add(line)
    const verdict = replay.end(true)
    assert.deepEqual(verdict.violations, [])
    assert.deepEqual([verdict.joins, verdict.calls, verdict.liveMax], [fans, cap + 60, cap])
    for (const check of queueChecks) assert.deepEqual(await db.rows(check.query(Date.now())), [], check.name)
  } finally {
    for (const worker of workers) if (worker.exitCode === null) worker.kill('SIGKILL')
    await db.close()
    await drop()
  }
})

async function publish(db: Database, on: NonNullable<ReturnType<typeof createQueue>['on']>): Promise<string> {
  const showId = randomUUID()
  const now = Date.now()
  const window = { id: randomUUID(), name: 'w', lobbyOpensAt: null, opensAt: now - 1_000, closesAt: now + 3_600_000, audience: 'everyone', sections: null, codeHashes: [] }
  const event = { producer: 'concert', name: 'show.published', key: showId, version: 1, occurredAt: now, data: { showId, windows: [window], startsAt: now + 7_200_000 } }
  for (const error of (await deliver(db, { name: 'queue', on }, [event])).values()) throw error
  return showId
}

async function admitter(url: string, workers: ChildProcess[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, [new URL('./admitter-worker.ts', import.meta.url).pathname, url, String(idleMs)], { stdio: ['ignore', 'pipe', 'inherit'] })
  workers.push(child)
  if (child.stdout) await once(child.stdout, 'data')
  return child
}

/** Makes the show one to admit for everybody who looks, while its row is held: the cap of the other transaction is not seen yet. */
async function wake(url: string, showId: string) {
  const other = openPostgres(url)
  // an ending place is worked on whatever the cap is, and locks the show
  await other.rows(sql`
    update queue.places set end_pass_no = 1 where number = ${fans} and window_id = (select window_id from queue.lines where show_id = ${showId})`)
  await other.close()
}

/** Sessions that wait for a lock. */
async function waiting(url: string): Promise<number> {
  const other = openPostgres(url)
  const [row] = await other.rows<{ n: number }>(sql`
    select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`)
  await other.close()
  return row?.n ?? 0
}

async function calls(db: Database, showId: string): Promise<number> {
  const [row] = await db.rows<{ n: number }>(sql`select called_count::int as n from queue.lines where show_id = ${showId}`)
  return row?.n ?? 0
}

async function until(done: () => Promise<boolean>) {
  for (const end = Date.now() + patienceMs; !(await done()); await wait(20)) assert(Date.now() < end, 'it never came')
}

async function recordOf(queue: QueueApi, showId: string): Promise<ChainedLine[]> {
  const lines: ChainedLine[] = []
  type Page = Awaited<ReturnType<QueueApi['record']>>
  for (let after: Page['next'] | undefined; after !== null; ) {
    const page: Page = await queue.record({ showId, limit: 1_000, ...(after && { after }) })
    lines.push(...(page.lines as ChainedLine[]))
    after = page.next
  }
  return lines
}
