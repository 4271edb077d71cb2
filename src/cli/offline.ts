import { randomUUID } from 'node:crypto'
import { compose, type System } from '../compose.ts'
import { type Config, newSecret } from '../config.ts'
import { openClock } from '../platform/clock.ts'
import { openPostgres } from '../platform/database.ts'
import { openEmbedded } from '../platform/embedded.ts'
import { createLog } from '../platform/log.ts'
import { createMetrics } from '../platform/metrics.ts'
import { holdProcessLock } from '../platform/process-lock.ts'

/** The whole system on the data of a server that does not run, with neither ports nor jobs; refused while one runs. */
export async function withSystem<T>(config: Config, act: (system: System) => Promise<T>): Promise<T> {
  const db = config.DATABASE_URL ? openPostgres(config.DATABASE_URL) : await openEmbedded(config.DATA_DIR)
  const lock = config.DATABASE_URL ? await holdProcessLock(config.DATABASE_URL) : undefined
  const clock = await openClock(db)
  const unused = () => [{ id: 'none', secret: newSecret() }]
  const system = await compose({
    db, now: clock.now, newId: randomUUID, random: Math.random,
    log: createLog('error'), metrics: createMetrics(),
    keys: { session: unused(), pass: unused() },
    mail: { send: () => Promise.reject(new Error('mails are sent by the server')) },
    publicUrl: config.PUBLIC_URL, queueCap: config.QUEUE_CAP, holdMs: config.HOLD_SECONDS * 1_000, rehearsals: false, absent: config.absent,
    wait: () => Promise.resolve(), ready: async () => [],
  })
  try {
    return await act(system)
  } finally {
    await system.app.close()
    clock.close()
    await lock?.release()
    await db.close()
  }
}
