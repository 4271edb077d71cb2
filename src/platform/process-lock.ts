import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'

const lockId = 7_027_400
const waitMs = 10_000
const retryMs = 250

/**
 * With memory ports only one whole process may use a database: a session advisory lock on a connection of its own, for
 * life. Processes that hear of each other share it, so that none with the bus in its memory comes beside them. Waits 10 s
 * for a predecessor, then refuses; losing the connection ends the process.
 */
export async function holdProcessLock(databaseUrl: string, { shared = false } = {}): Promise<{ release: () => Promise<void> }> {
  const client = new pg.Client({ connectionString: databaseUrl, keepAlive: true })
  await client.connect()
  let released = false
  client.on('error', () => undefined)
  client.on('end', () => {
    if (released) return
    process.stderr.write('the connection that holds the process lock was lost; ending\n')
    process.exit(1)
  })
  const release = async () => {
    released = true
    await client.end()
  }
  for (let waited = 0; ; waited += retryMs) {
    const { rows } = await client.query(`select pg_try_advisory_lock${shared ? '_shared' : ''}($1) as held`, [lockId])
    if (rows[0].held) return { release }
    if (waited >= waitMs) break
    await wait(retryMs)
  }
  await release()
  throw new Error(shared
    ? 'an Openrun process without KAFKA_BROKERS uses this database, or its data is being replayed; nobody would hear of its events. Stop it first'
    : 'another whole Openrun process uses this database; the bus is in its memory. Stop it first; several processes need KAFKA_BROKERS')
}
