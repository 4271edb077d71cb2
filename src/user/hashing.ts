import { hash, verify } from '@node-rs/argon2'
import { refuse } from '../platform/outcome.ts'

// OWASP's argon2id minimum: 19 MiB, two passes, one lane
const options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

export type Around = { before: () => Promise<void>; after: (same: boolean) => Promise<void> }

export type Hashing = {
  hash: (password: string) => Promise<string>
  /** an absent hash costs the same time and answers false; `around` runs in the same turn, so that turns see each other's failures */
  matches: (stored: string | null, password: string, around?: Around) => Promise<boolean>
  /** most that ran at once; for tests */
  peak: () => number
}

/** argon2id behind a limit: a login storm waits here, beyond `queueMax` it is refused, and sales keep the processor. */
export function createHashing(concurrency: number, queueMax: number): Hashing {
  const waiting: (() => void)[] = []
  let running = 0
  let peak = 0
  let decoy: string | undefined

  async function limited<T>(work: () => Promise<T>): Promise<T> {
    if (running >= concurrency) {
      if (waiting.length >= queueMax) refuse('overloaded', { retryAfterSeconds: 2 })
      await new Promise<void>((resolve) => waiting.push(resolve))
    } else running++
    peak = Math.max(peak, running)
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }

  return {
    peak: () => peak,
    hash: (password) => limited(() => hash(password, options)),
    matches: (stored, password, around) => limited(async () => {
      await around?.before()
      decoy ??= await hash('nobody has this password', options)
      const same = (await verify(stored ?? decoy, password)) && stored !== null
      await around?.after(same)
      return same
    }),
  }
}
