import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'

const lockId = 7_027_400
const waitMs = 10_000
const retryMs = 250

/**
 * With memory ports only one whole process may use a database: a session advisory lock on a connection of its own, for
 * life. Waits 10 s for a predecessor, then refuses; losing the connection ends the process, for a successor may have the
 * database by then. Processes that hear of each other share the lock, so that none with the bus in its memory comes beside
 * them; they take it again after a loss, and end only when such a one was quicker.
 */
export async function holdProcessLock(databaseUrl: string, { shared = false } = {}): Promise<{ release: () => Promise<void> }> {
  let released = false
  let client = await take(databaseUrl, shared)
  const onLost = async () => {
    if (released) return
    if (!shared) return end('the connection that holds the process lock was lost; ending')
    process.stderr.write('the connection that holds the process lock was lost; taking it again\n')
    const again = await retake(databaseUrl, () => released).catch((error: Error) => end(error.message))
    if (!again) return
    if (released) return again.end()
    client = again
    client.once('end', onLost)
  }
  client.once('end', onLost)
  return {
    release: async () => {
      released = true
      await client.end()
    },
  }
}

const end = (why: string) => {
  process.stderr.write(`${why}\n`)
  process.exit(1)
}

async function take(databaseUrl: string, shared: boolean): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: databaseUrl, keepAlive: true, connectionTimeoutMillis: waitMs })
  client.on('error', () => undefined)
  await client.connect()
  for (let waited = 0; ; waited += retryMs) {
    const { rows } = await client.query(`select pg_try_advisory_lock${shared ? '_shared' : ''}($1) as held`, [lockId])
    if (rows[0].held) return client
    if (waited >= waitMs) break
    await wait(retryMs)
  }
  await client.end()
  throw new LockHeld(shared)
}

/** Somebody has the database who cannot be beside us. */
export class LockHeld extends Error {
  constructor(shared: boolean) {
    super(shared
      ? 'an Openrun process without KAFKA_BROKERS uses this database, or its data is being replayed; nobody would hear of its events. Stop it first'
      : 'another whole Openrun process uses this database; the bus is in its memory. Stop it first; several processes need KAFKA_BROKERS')
  }
}

/** Until the database is back; throws when somebody holds the lock against us. */
async function retake(databaseUrl: string, isReleased: () => boolean): Promise<pg.Client | undefined> {
  while (!isReleased()) {
    try {
      return await take(databaseUrl, true)
    } catch (error) {
      if (error instanceof LockHeld) throw error
      await wait(retryMs, undefined, { ref: false })
    }
  }
  return undefined
}
