import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import pg from 'pg'

// asked once: a pinned process sees one core only
const coresCount = availableParallelism()
const cores = { server: '0', generator: '1', database: '1', threads: '1', any: `0-${coresCount - 1}` } as const

/**
 * Gives the main thread of a measured server a core to itself, for the limits and for ours alike: the load generator is
 * kept on the other one, and so are the processes of a database that ours uses. Otherwise it is the scheduler's mood who
 * interrupts the server. Changes nothing where there is no `taskset`, or no right to it.
 */
export function pinToCore(core: keyof typeof cores, pid: number): boolean {
  return coresCount > 1 && spawnSync('taskset', ['-cp', cores[core], String(pid)], { stdio: 'ignore' }).status === 0
}

/** Keeps the threads that collect garbage for a server off its main thread's core; not where one of them is the database. */
export function pinThreads(pid: number): void {
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`).map(Number)) if (thread !== pid) pinToCore('threads', thread)
  } catch {
    // no /proc here, or it has ended
  }
}

const ticksPerSecond = 100

/** CPU time a process used up to now, in all its threads; 0 where there is no /proc. A busy machine makes it slower but hardly dearer. */
export function cpuMsOf(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /, '').split(' ')
    return ((Number(fields[11]) + Number(fields[12])) * 1_000) / ticksPerSecond
  } catch {
    return 0
  }
}

const thisMachine = ['127.0.0.1', 'localhost', '[::1]']

/** Keeps the server processes of a PostgreSQL database on this machine off the measured server's core. */
export async function pinBackends(databaseUrl: string): Promise<void> {
  if (!thisMachine.includes(new URL(databaseUrl).hostname)) return
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  const { rows } = await client.query<{ pid: number }>('select pid from pg_stat_activity where datname = current_database()')
  for (const { pid } of rows) pinToCore('database', pid)
  await client.end()
}
