import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { serviceNames, urlOf } from '../services.ts'
import { serverFlags, untilServed } from './child-server.ts'

export type ServiceProcesses = {
  url: string
  /** where health, metrics and verify of the gateway's process are */
  opsUrl: string
  processes: ChildProcess[]
  /** kill -9 of one, and the same one again */
  killAndRestart: (name: string) => Promise<void>
  stop: () => Promise<void>
}

const main = new URL('../main.ts', import.meta.url).pathname
/** The gateway last: it is what others wait for. */
const names = [...serviceNames, 'gateway'] as const
type Name = (typeof names)[number]

/**
 * Starts the gateway and every service as a child process each and waits until all of them serve. `environment` has
 * the engines and the secrets, or the process's own has. `say` gets every line a child writes; `onDeath` hears of one that
 * ended by itself.
 */
export async function startServices(directory: string, environment: Record<string, string>, say: (name: string, line: string) => void, onDeath?: (name: string, how: number | string) => void): Promise<ServiceProcesses> {
  const ports = new Map(await Promise.all(serviceNames.map(async (name) => [name as string, await freePort()] as const)))
  const urls = Object.fromEntries(serviceNames.map((name) => [urlOf(name), `http://127.0.0.1:${ports.get(name)}`]))
  const children = new Map<Name, ChildProcess>()
  const expected = new WeakSet<ChildProcess>()
  let isStopping = false

  function start(name: Name) {
    const env = { ...process.env, PORT: '0', OPS_PORT: '0', ...environment, ...urls, SERVICES: name, DATA_DIR: join(directory, name), INNER_PORT: String(ports.get(name) ?? 0) }
    // in a group of its own: Ctrl-C is for the parent, which ends them in order
    const child = spawn(process.execPath, [...serverFlags, main], { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    child.on('exit', (code, signal) => void (isStopping || expected.has(child) || onDeath?.(name, code ?? signal ?? '')))
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', (line) => say(name, line))
    children.set(name, child)
  }
  const stop = async () => {
    isStopping = true
    for (const name of names.toReversed()) {
      const child = children.get(name)
      if (!child || child.exitCode !== null || child.signalCode !== null) continue
      child.kill('SIGTERM')
      await once(child, 'exit')
    }
  }

  await Promise.all(names.map((name) => mkdir(join(directory, name), { recursive: true, mode: 0o700 })))
  for (const name of names) start(name)
  const addressOf = (name: Name) => untilServed(children.get(name) as ChildProcess, join(directory, name, 'server.json'), name)
  try {
    for (const name of serviceNames) await addressOf(name)
    const { url, opsUrl } = await addressOf('gateway')
    return {
      url, opsUrl, stop,
      get processes() {
        return [...children.values()]
      },
      killAndRestart: async (name) => {
        const child = children.get(name as Name) as ChildProcess
        expected.add(child)
        child.kill('SIGKILL')
        await once(child, 'exit')
        start(name as Name)
        await addressOf(name as Name)
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  return port
}
