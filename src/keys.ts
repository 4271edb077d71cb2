import { createHash, createHmac } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Config, newSecret } from './config.ts'
import type { Keys } from './platform/token.ts'

type Stored = { session: string; pass: string }

/**
 * Secrets from the environment, else made once and kept beside the embedded data, readable by the owner only. The
 * previous ones sign nothing and still admit, so that a secret can be replaced without ending what it signed.
 */
export async function keysOf(config: Config): Promise<{ session: Keys; pass: Keys; provider: string[] }> {
  const stored = config.SESSION_SECRET && config.PASS_SECRET ? undefined : await storedSecrets(join(config.DATA_DIR, 'secrets.json'))
  const session = keys(config.SESSION_SECRET ?? stored?.session, config.SESSION_SECRET_PREVIOUS)
  // without one only the sandbox of this installation can sign; another line may have the pass secret (QUEUE_URL=none)
  const given = [config.PROVIDER_SECRET, config.PROVIDER_SECRET_PREVIOUS].filter((secret) => secret !== undefined)
  return {
    session,
    pass: keys(config.PASS_SECRET ?? stored?.pass, config.PASS_SECRET_PREVIOUS),
    provider: config.PROVIDER_SECRET ? given : [...session.map(({ secret }) => derived(secret, 'openrun provider')), ...given],
  }
}

function keys(current = newSecret(), previous?: string): Keys {
  const secrets = previous === undefined ? [current] : [current, previous]
  return secrets.map((secret) => ({ id: keyIdOf(secret), secret }))
}

const derived = (secret: string, purpose: string) => createHmac('sha256', secret).update(purpose).digest('base64url')

/** Stands in every token: the same secret has the same id in every process and after every restart. */
export const keyIdOf = (secret: string) => createHash('sha256').update(secret).digest('base64url').slice(0, 8)

async function storedSecrets(file: string): Promise<Stored> {
  const known = await readStored(file)
  if (known) return known
  const made = { session: newSecret(), pass: newSecret() }
  await writeFile(`${file}.new`, JSON.stringify(made), { mode: 0o600 })
  await rename(`${file}.new`, file)
  return made
}

async function readStored(file: string): Promise<Stored | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
