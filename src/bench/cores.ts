import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

// asked once: a pinned process sees one core only
const coresCount = availableParallelism()
const cores = { server: '0', generator: '1', any: `0-${coresCount - 1}` } as const

/**
 * Keeps the main thread of a measured server on the first core and the load generator on the second, for the limits and
 * for ours alike: otherwise it is the scheduler's mood whether the generator or the database interrupts the server.
 * Other threads and the processes of the database go where they like. Changes nothing where there is no `taskset`.
 */
export function pinToCore(core: keyof typeof cores, pid: number): boolean {
  return coresCount > 1 && spawnSync('taskset', ['-cp', cores[core], String(pid)], { stdio: 'ignore' }).status === 0
}
