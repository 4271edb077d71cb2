import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

type Running = { pid: number; url: string; opsUrl: string; opsUrls?: string[] }

/** The operations ports of the server that has this data directory open, or of all processes of `npm run services`; undefined when none has. */
export async function runningServers(dataDir: string): Promise<string[] | undefined> {
  const running = await readRunning(dataDir)
  return running && (running.opsUrls ?? [running.opsUrl])
}

/** The same when that server is the one at this URL. */
export async function runningAt(url: string, dataDir = process.env.DATA_DIR ?? './data'): Promise<string[] | undefined> {
  const running = await readRunning(dataDir)
  return running && new URL(running.url).port === new URL(url).port ? runningServers(dataDir) : undefined
}

async function readRunning(dataDir: string): Promise<Running | undefined> {
  try {
    const running = JSON.parse(await readFile(join(dataDir, 'server.json'), 'utf8')) as Running
    process.kill(running.pid, 0) // throws when that process is gone: then the file is what kill -9 left behind
    return running
  } catch {
    return undefined
  }
}
