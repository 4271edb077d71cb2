import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { measureHolds } from '../bench/holds.ts'
import { pinToCore } from '../bench/cores.ts'
import { measurePurchases } from '../bench/purchases.ts'
import { measureQueue } from '../bench/queue.ts'
import { createPostgresDatabase } from '../platform/testing.ts'

/**
 * npm run bench -- [--json] [--only hold|purchase|queue] [--engine pglite|postgres] [--runs 3] [--connections 512]
 * [--seconds 3] [--sizes 1000,1000000] (the last two of queue)
 * Ours beside this machine's own limits in one run, as ratios. PostgreSQL is measured when BENCH_DATABASE_URL
 * (or TEST_DATABASE_URL) names a server that may create databases.
 */
const { values: args } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
    engine: { type: 'string' },
    runs: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '512' },
    sizes: { type: 'string', default: '1000,10000,100000,1000000' },
  },
})
const runs = Number(args.runs)
const seconds = Number(args.seconds)
const connections = Number(args.connections)
const sizes = args.sizes.split(',').map(Number)
const serverUrl = process.env.BENCH_DATABASE_URL ?? process.env.TEST_DATABASE_URL
type Engine = 'pglite' | 'postgres'
const engines: Engine[] = (args.engine ? [args.engine as Engine] : serverUrl ? ['pglite', 'postgres'] : ['pglite'])
if (!serverUrl) say('PostgreSQL is NOT measured: set BENCH_DATABASE_URL')
const pinned = pinToCore('any', process.pid)
const report: Record<string, unknown> = { node: process.version, runs, seconds, connections, pinned, durability: { pglite: 'survives kill -9, not power loss', postgres: 'synchronous_commit on' } }
for (const engine of engines) {
  const hold = args.only && args.only !== 'hold' ? undefined : await measureHolds({ engine, withDatabase, runs, connections, say })
  const purchase = args.only && args.only !== 'purchase' ? undefined : await withDatabase(engine, (where) => measurePurchases(engine, where, runs, say))
  const queue = args.only && args.only !== 'queue' ? undefined : await measureLines(engine)
  report[engine] = { ...(hold && { hold }), ...(purchase && { purchase }), ...(queue && { queue }) }
}
if (args.json) process.stdout.write(`${JSON.stringify(report)}\n`)

/** Copies of lines in memory; with BENCH_REDIS_URL (or TEST_REDIS_URL), on PostgreSQL, in Redis too. */
async function measureLines(engine: Engine) {
  const inMemory = await withDatabase(engine, (where) => measureQueue({ engine, where, redisUrl: '', sizes, runs, seconds, say }))
  const redisUrl = engine === 'postgres' ? (process.env.BENCH_REDIS_URL ?? process.env.TEST_REDIS_URL) : undefined
  const inRedis = redisUrl ? await withDatabase(engine, (where) => measureQueue({ engine, where, redisUrl, sizes, runs, seconds, say })) : undefined
  return { memory: inMemory, ...(inRedis && { redis: inRedis }) }
}

/** A fresh data directory or database for one measurement, dropped after. */
async function withDatabase<T>(engine: Engine, use: (where: string) => Promise<T>): Promise<T> {
  if (engine === 'postgres') {
    const { url, drop } = await createPostgresDatabase(serverUrl ?? '')
    return use(url).finally(drop)
  }
  const directory = await mkdtemp(join(tmpdir(), 'openrun-bench-'))
  return use(directory).finally(() => rm(directory, { recursive: true, force: true }))
}

function say(line: string) {
  ;(args.json ? process.stderr : process.stdout).write(`${line}\n`)
}
