import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { leash } from './leash.ts'
import { type Address, serverFlags, untilServed } from './child-server.ts'

/** One process of a service, or of the gateway, that may end and begin again as the same one. */
export type ReplicaProcess = {
  name: string
  /** from 0 */
  index: number
  opsUrl: string
  pid: () => number
  child: () => ChildProcess
  /** resolves when it serves */
  served: () => Promise<Address>
  /** SIGTERM, until it has ended and the same one serves again; throws when it does not, or serves but had not ended by itself with 0 */
  restart: () => Promise<void>
  /** kill -9, and the same one again */
  killAndRestart: () => Promise<void>
  /** kill -9, and it stays away until `restart` */
  kill: () => Promise<void>
  stop: () => Promise<void>
}
type Options = {
  directory: string
  opsPort: number
  environment: Record<string, string | undefined>
  say: (line: string) => void
  /** it ended although nobody told it to; of one that does not start again whoever starts it hears */
  onDeath: (how: number | string) => void
  /** who has not ended so long after SIGTERM is frozen or does not listen, and is killed */
  endMsMax?: number
}
const endMsMaxDefault = 45_000

const main = new URL('../main.ts', import.meta.url).pathname
/** What a process said last stands beside the news that it did not start. */
const linesKeptMax = 10
const lineLengthMax = 500
export const isOver = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null

const drainMsOf = (environment: Options['environment']) => 1_000 * Number(environment.DRAIN_SECONDS ?? process.env.DRAIN_SECONDS ?? 0)

/** Starts a server as a direct child, with the directory and environment that it keeps over its restarts. */
export async function startReplica(name: string, index: number, { directory, opsPort, environment, say, onDeath, endMsMax = endMsMaxDefault + drainMsOf(environment) }: Options): Promise<ReplicaProcess> {
  const dataDir = join(directory, `${name}-${index}`)
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const label = `${name} ${index}`
  const expected = new WeakSet<ChildProcess>()
  const last: string[] = []
  let child = start()

  function start() {
    // in a group of its own: Ctrl-C is for the parent, which ends them in order
    const next = spawn(process.execPath, [...serverFlags, main], { env: { ...process.env, ...environment, OPS_PORT: String(opsPort), DATA_DIR: dataDir }, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    leash(next)
    next.on('exit', (code, signal) => void (expected.has(next) || onDeath(code ?? signal ?? '')))
    for (const stream of [next.stdout, next.stderr]) createInterface({ input: stream }).on('line', (line) => {
      last.push(line.slice(0, lineLengthMax))
      if (last.length > linesKeptMax) last.shift()
      say(line)
    })
    return next
  }
  const served = () => untilServed(child, join(dataDir, 'server.json'), label).catch((error: Error) => {
    throw new Error([error.message, ...last].join('\n  '), { cause: error })
  })
  async function end(signal: 'SIGTERM' | 'SIGKILL') {
    expected.add(child)
    if (isOver(child)) return
    child.kill(signal)
    const late = setTimeout(() => child.kill('SIGKILL'), endMsMax)
    await once(child, 'exit')
    clearTimeout(late)
  }
  async function again() {
    child = start()
    expected.add(child)
    await served()
    expected.delete(child)
  }
  return {
    name, index, served,
    opsUrl: `http://127.0.0.1:${opsPort}`,
    pid: () => child.pid ?? 0,
    child: () => child,
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    killAndRestart: () => end('SIGKILL').then(again),
    restart: async () => {
      const before = child
      const stopped = isOver(before)
      await end('SIGTERM')
      await again()
      if (!stopped && before.exitCode !== 0) throw new Error(`${label} ended with ${before.exitCode ?? before.signalCode} when it was told to stop`)
    },
  }
}
