import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { leash } from './leash.ts'

export type ChildServer = {
  url: string
  opsUrl: string
  pid: () => number
  /** kill -9 and start again on the same data and ports; resolves when it serves */
  killAndRestart: () => Promise<void>
  stop: () => Promise<void>
}

/** As in package.json: requests under way fit into the young generation, so that collecting it does not copy them again and again. */
export const serverFlags = ['--max-semi-space-size=64']
const startTimeoutMs = 60_000
const pollMs = 50
const main = new URL('../main.ts', import.meta.url).pathname

/** Starts a server of our own as a child process and waits until it serves. `environment` overrides; ports are chosen free. */
export async function startChildServer(dataDir: string, environment: Record<string, string>, nodeFlags: string[] = []): Promise<ChildServer> {
  const secrets = { SESSION_SECRET: randomBytes(32).toString('hex'), PASS_SECRET: randomBytes(32).toString('hex') }
  let env: Record<string, string | undefined> = { ...process.env, ...secrets, DATA_DIR: dataDir, PORT: '0', OPS_PORT: '0', LOG_LEVEL: 'error', SERVICES: '', KAFKA_BROKERS: '', ...environment }
  let child: ChildProcess
  const addressFile = join(dataDir, 'server.json')

  async function start(): Promise<Address> {
    await rm(addressFile, { force: true })
    child = spawn(process.execPath, [...serverFlags, ...nodeFlags, main], { env, stdio: ['ignore', 'ignore', 'inherit'] })
    leash(child)
    return untilServed(child, addressFile, 'the server')
  }
  const ended = () => new Promise((resolve) => (child.exitCode !== null || child.signalCode !== null ? resolve(0) : child.once('exit', resolve)))

  const { url, opsUrl } = await start()
  env = { ...env, PORT: new URL(url).port, OPS_PORT: new URL(opsUrl).port }
  return {
    url, opsUrl,
    pid: () => child.pid ?? 0,
    killAndRestart: async () => {
      child.kill('SIGKILL')
      await ended()
      await start()
    },
    stop: async () => {
      child.kill('SIGTERM')
      await ended()
    },
  }
}

export type Address = { pid: number; url: string; opsUrl: string }

/** Where a child serves, once it has written it to its server.json; one that does not in time is killed. */
export async function untilServed(child: ChildProcess, addressFile: string, name: string): Promise<Address> {
  for (let waited = 0; waited < startTimeoutMs; waited += pollMs) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${name} ended with ${child.exitCode ?? child.signalCode} before it served`)
    const address = await readAddress(addressFile)
    if (address && address.pid === child.pid) return address
    await wait(pollMs)
  }
  child.kill('SIGKILL')
  throw new Error(`${name} did not start in time`)
}

async function readAddress(file: string): Promise<Address | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8'))
  } catch {
    return undefined // not written yet, or half written
  }
}
