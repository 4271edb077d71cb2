import { createHash, randomUUID } from 'node:crypto'
import sql from 'sql-template-tag'
import type { Database } from '../platform/database.ts'
import { orderHash } from '../queue/line-copy.ts'
import type { Line } from '../queue/line.ts'
import { createMemoryLines } from '../queue/line-memory.ts'
import type { LinePort, LineRef } from '../queue/line-port.ts'
import { createRedisLines } from '../queue/line-redis.ts'
import { orderKeyOf, orderOf } from '../queue/draw-hash.ts'
import { loadCopy } from '../queue/positions.ts'
import { readShows } from '../queue/store-lines.ts'
import { openRedis } from '../platform/redis.ts'
import { median } from './figures.ts'

const readAtOnce = 50_000

/** Seconds to make the copy of a line from what is stored, in memory and in Redis, and whether its order is the stored one, hashed row by row. */
export async function measureRebuild(db: Database, showId: string, redisUrl: string, runs: number, say: (line: string) => void) {
  const line = (await readShows(db, [showId]))[0]?.lines[0]
  if (!line) throw new Error(`there is no line of ${showId}`)
  const storedHash = await hashOfRows(db, line)
  const memory = await measure(db, line, createMemoryLines, runs)
  const redis = redisUrl ? await openRedis(redisUrl) : undefined
  const prefix = `bench-${randomUUID()}`
  const inRedis = redis && (await measure(db, line, () => createRedisLines({ redis, newId: randomUUID, prefix: `${prefix}-${randomUUID()}`, timeoutMs: 10_000 }), runs).finally(redis.close))
  const report = { places: line.last, storedHash, memory: verdict(memory, storedHash), ...(inRedis ? { redis: verdict(inRedis, storedHash) } : {}) }
  say(`rebuild of ${line.last} places: ${JSON.stringify(report)}`)
  return report
}

type Measured = { seconds: number[]; hashes: Set<string> }
const verdict = ({ seconds, hashes }: Measured, storedHash: string) =>
  ({ seconds: median(seconds), spread: seconds, sameOrder: hashes.size === 1 && hashes.has(storedHash) })

async function measure(db: Database, line: Line, open: () => LinePort, runs: number): Promise<Measured> {
  const order = orderOf(line)
  const ref: LineRef = { showId: line.showId, windowId: line.windowId, orderKey: orderKeyOf(line), epoch: line.epoch }
  const measured: Measured = { seconds: [], hashes: new Set() }
  for (let run = 0; run < runs; run++) {
    const lines = open()
    const startedAt = performance.now()
    if (!(await lines.replace(ref, await loadCopy(db, line)))) throw new Error('the copy was not taken')
    measured.seconds.push(Math.round(performance.now() - startedAt) / 1_000)
    const copy = await lines.read(ref)
    measured.hashes.add(copy ? (await orderHash(copy, order)).hash : 'none')
  }
  return measured
}

/** The definition of the order hash, from rows. */
async function hashOfRows(db: Database, { windowId, last }: Line): Promise<string> {
  const hash = createHash('sha256')
  for (let from = 1; from <= last; from += readAtOnce) {
    const rows = await db.rows<{ number: number; userId: string }>(sql`
      select number, user_id as "userId" from queue.places
      where window_id = ${windowId} and number >= ${from} and number < ${from + readAtOnce} and status = 'waiting' order by number`)
    for (const { number, userId } of rows) hash.update(Buffer.from(number.toString(16).padStart(8, '0') + userId.replaceAll('-', ''), 'hex'))
  }
  return hash.digest('hex')
}
