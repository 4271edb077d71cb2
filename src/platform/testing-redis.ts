import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { freePort } from './free-port.ts'
import { openRedis, type Redis, scriptOf } from './redis.ts'
import { testRedises } from './testing.ts'

export const hasRedisServer = spawnSync('redis-server', ['--version']).status === 0

/** Runs the suites of an adapter on a Redis and on a Cluster, each where there is one; where not, the skip says so. */
export function onEachRedis(what: string, suites: (engine: string, url: string) => void) {
  for (const { engine, variable, url } of testRedises) {
    if (url) suites(engine, url)
    else test(`${engine} ${what}`, { skip: `NOT TESTED: set ${variable}` }, () => undefined)
  }
}

const connectMsMax = 60_000
const commandMsMax = 10_000

/**
 * A Redis that has answered: `openRedis` waits a second, and a busy machine may take longer. What names no limit of its
 * own is waited for here as long as a busy machine may need.
 */
export async function openTestRedis(url: string): Promise<Redis> {
  const redis = await openRedis(url)
  const hasAnswered = () => redis.run(scriptOf('return 1'), [], []).then(() => true, () => false)
  for (const end = performance.now() + connectMsMax; !(await hasAnswered()); await wait(10)) {
    if (performance.now() < end) continue
    redis.close()
    throw new Error(`${url} did not answer within ${connectMsMax} ms`)
  }
  return {
    ...redis,
    run: (script, keys, args, timeoutMs = commandMsMax) => redis.run(script, keys, args, timeoutMs),
    runBytes: (script, keys, args, timeoutMs = commandMsMax) => redis.runBytes(script, keys, args, timeoutMs),
  }
}

export type TestRedis = Awaited<ReturnType<typeof startTestRedis>>

/** A Redis of a test's own that it may kill, freeze and start again on the same port. */
export async function startTestRedis(flags: string[] = []) {
  const directory = mkdtempSync(join(tmpdir(), 'openrun-redis-'))
  const port = await freePort()
  let server = await start(port, directory, flags)
  const kill = async () => {
    if (server.exitCode !== null || server.signalCode !== null) return
    server.kill('SIGKILL')
    await once(server, 'exit')
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    kill,
    freeze: () => server.kill('SIGSTOP'),
    thaw: () => server.kill('SIGCONT'),
    restart: async () => {
      await kill()
      server = await start(port, directory, flags)
    },
    close: async () => {
      await kill()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

async function start(port: number, directory: string, more: string[]): Promise<ChildProcess> {
  const flags = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', directory, ...more]
  const server = spawn('redis-server', flags, { stdio: ['ignore', 'pipe', 'inherit'] })
  for await (const text of server.stdout) if (String(text).includes('Ready to accept connections')) break
  server.stdout.resume()
  return server
}
