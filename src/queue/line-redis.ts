import { LRUCache } from 'lru-cache'
import type { Redis, RedisValue } from '../platform/redis.ts'
import { bytesUpTo, createCopy, type LineCopy, type Mark, userBytes } from './line-copy.ts'
import type { LinePort, LineRef } from './line-port.ts'
import { aheadScript, forgetScript, lookScript, readScript, switchScript, writeScript } from './line-scripts.ts'

type Deps = { redis: Redis; newId: () => string; prefix?: string; timeoutMs?: number }
type Known = { generation: string; mark: Mark }

/** No request waits longer than this for a count; then SQL counts. */
export const countTimeoutMs = 250
/** written or read in one command: a few milliseconds of the server */
const bytesAtOnce = 1_048_576
const keepMs = 86_400_000
/** a new generation while it is written, and an old one for who still reads it */
const keepUnusedMs = 60_000
const rememberedMax = 10_000

/**
 * Copies of lines that all processes share. A process remembers how far it saw a copy and tells what is new from there;
 * what the copy says of itself decides, so a process that stood still, or a server that lost its last writes, tears nothing.
 */
export function createRedisLines({ redis, newId, prefix = 'openrun', timeoutMs = countTimeoutMs }: Deps): LinePort {
  const remembered = new LRUCache<string, Known>({ max: rememberedMax })
  const nameOf = ({ showId, windowId }: LineRef) => `${prefix}:line:{${showId}}:${windowId}`
  const keysOf = (line: LineRef, generation: string) => [`${nameOf(line)}:${generation}:users`, `${nameOf(line)}:${generation}:gone`]
  const memoryOf = ({ windowId, orderKey }: LineRef) => `${windowId} ${orderKey}`

  async function lookAtAny(line: LineRef): Promise<(Known & { orderKey: string }) | undefined> {
    const kept = await redis.run(lookScript, [nameOf(line)], [], timeoutMs)
    if (!kept) return undefined
    const [generation, orderKey, last, eventId] = kept as [string, string, string, string]
    return { generation, orderKey, mark: { last: Number(last), eventId: Number(eventId) } }
  }
  const look = async (line: LineRef): Promise<Known | undefined> => {
    const seen = await lookAtAny(line)
    return seen?.orderKey === line.orderKey ? seen : undefined
  }
  async function known(line: LineRef): Promise<Known | undefined> {
    const before = remembered.get(memoryOf(line))
    if (before) return before
    const seen = await look(line)
    if (seen) remembered.set(memoryOf(line), seen)
    return seen
  }

  return {
    keptIn: 'redis',
    markOf: async (line) => (await known(line))?.mark,
    async ahead(line, { from, to, users, gone }, ranks) {
      const copy = await known(line)
      if (!copy) return undefined
      const { generation } = copy
      const args: RedisValue[] = [generation, line.orderKey, `${from.last}`, `${from.eventId}`, `${to.last}`, `${to.eventId}`, users,
        JSON.stringify(gone), JSON.stringify(ranks), `${keepMs}`]
      const [verdict, last, eventId, ...counts] = (await redis.run(aheadScript, [nameOf(line), ...keysOf(line, generation)], args, timeoutMs)) as [string, string, string, ...number[]]
      if (verdict === 'other') {
        remembered.delete(memoryOf(line))
        // what does not name itself another generation is this one, and torn
        if ((await look(line))?.generation === generation) await redis.run(forgetScript, [nameOf(line), ...keysOf(line, generation)], [generation], timeoutMs)
        return undefined
      }
      remembered.set(memoryOf(line), { generation, mark: { last: Number(last), eventId: Number(eventId) } })
      return verdict === 'counted' ? counts : undefined
    },
    async replace(line, copy) {
      const seen = await lookAtAny(line)
      if (seen?.orderKey === line.orderKey) return false
      const generation = newId()
      const { users, gone } = copy.bytes()
      const keys = keysOf(line, generation)
      for (const [index, bytes] of [users, gone].entries())
        for (let at = 0; at < bytes.length; at += bytesAtOnce)
          await redis.run(writeScript, [keys[index] as string], [`${at}`, bytes.subarray(at, at + bytesAtOnce), `${keepUnusedMs}`])
      const { last, eventId } = copy.mark
      const args = [generation, line.orderKey, `${line.epoch}`, `${last}`, `${eventId}`, seen?.generation ?? '', `${keepMs}`, `${keepUnusedMs}`]
      const isOurs = (await redis.run(switchScript, [nameOf(line), ...keys, ...keysOf(line, seen?.generation ?? '')], args)) === 1
      remembered.delete(memoryOf(line))
      return isOurs
    },
    async read(line) {
      const copy = await look(line)
      if (!copy) return undefined
      const { generation, mark } = copy
      const parts: Record<'users' | 'gone', Buffer[]> = { users: [], gone: [] }
      for (const [part, key, length] of [['users', '2', mark.last * userBytes], ['gone', '3', bytesUpTo(mark.last)]] as const) {
        for (let at = 0; at < length; at += bytesAtOnce) {
          const args = [generation, line.orderKey, key, `${at}`, `${Math.min(length, at + bytesAtOnce) - 1}`]
          const read = await redis.runBytes(readScript, [nameOf(line), ...keysOf(line, generation)], args)
          if (!read) return undefined
          const [last, eventId, bytes] = read as [Buffer, Buffer, Buffer]
          if (Number(last) !== mark.last || Number(eventId) !== mark.eventId) return undefined
          parts[part].push(bytes)
        }
      }
      return copyFrom(mark, Buffer.concat(parts.users), Buffer.concat(parts.gone))
    },
  }
}

function copyFrom(mark: Mark, users: Buffer, bits: Buffer): LineCopy {
  const copy = createCopy(Math.max(1, mark.last))
  const gone: number[] = []
  for (let rank = 1; rank <= mark.last; rank++) if (((bits[rank >> 3] as number) & (0x80 >> (rank & 7))) !== 0) gone.push(rank)
  copy.apply({ from: { last: 0, eventId: 0 }, to: mark, users, gone })
  return copy
}
