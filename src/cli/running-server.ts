import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The operations port of the server that has this data directory open; undefined when none has. */
export async function runningServer(dataDir: string): Promise<string | undefined> {
  try {
    const { pid, opsUrl } = JSON.parse(await readFile(join(dataDir, 'server.json'), 'utf8'))
    process.kill(pid, 0) // throws when that process is gone: then the file is what kill -9 left behind
    return opsUrl
  } catch {
    return undefined
  }
}
