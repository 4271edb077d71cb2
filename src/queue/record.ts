import type { Static } from 'typebox'
import { settle } from '../platform/outcome.ts'
import type { queueOperations } from './api.ts'
import type { QueueEnv } from './env.ts'
import { hash as hashOf } from './draw-hash.ts'
import { type Line, noLine, type Show } from './line.ts'
import { type ChainedLine, chained, chainStart, type RecordLine } from './record-chain.ts'
import { readShows } from './store-lines.ts'
import * as store from './store-record.ts'

type Asked = Static<(typeof queueOperations)['record']['input']>
type Page = Static<(typeof queueOperations)['record']['output']>
type After = NonNullable<Asked['after']>

/**
 * A page of the public record: who joined (under a name only they can recognise), who was called and why places ended,
 * and every change of the gate. From it anybody recomputes that the cap was kept and nobody was passed; see replay.ts.
 * It grows at the ends of its chains only, and is complete when every line is closed and nobody is in.
 */
export async function record(env: QueueEnv, { showId, after, limit }: Asked): Promise<Page> {
  const [show] = await readShows(env.db, [showId])
  if (!show) return settle<Page>(await noLine(env, showId))
  const windows = show.lines.toSorted((a, b) => a.opensAt - b.opensAt || (a.windowId < b.windowId ? -1 : 1))
  const complete = windows.every(({ phase, live }) => phase === 'closed' && live === 0)
  const from: After = after ?? { part: 'joins', windowId: windows[0]?.windowId ?? '', number: 0, hash: chainStart }
  const { lines, next } = from.part === 'joins' ? await joinsOf(env, show, windows, from, limit) : await eventsOf(env, show, windows, from, limit)
  return { lines, next, complete }
}

async function joinsOf(env: QueueEnv, { showId }: Show, windows: Line[], { windowId = '', number, hash }: After, limit: number): Promise<Omit<Page, 'complete'>> {
  const index = Math.max(0, windows.findIndex((line) => line.windowId === windowId))
  const line = windows[index]
  const rows = await store.joinsAfter(env.db, { showId, windowId, number }, limit)
  // what a draw adds to the header must not change the chain of those who joined before it
  const header = number === 0 && line ? [chained(hashOf, chainStart, headerOf(line))] : []
  const joins = chain(hash, rows.map((row): RecordLine => ({ kind: 'join', window: windowId, ...row })))
  const lines = [...header, ...joins]
  const last = rows.at(-1)
  if (last && rows.length === limit) return { lines, next: { part: 'joins', windowId, number: last.number, hash: joins.at(-1)?.hash ?? hash } }
  const following = windows[index + 1]
  if (following) return { lines, next: { part: 'joins', windowId: following.windowId, number: 0, hash: chainStart } }
  return { lines, next: { part: 'events', number: 0, hash: chainStart } }
}

async function eventsOf(env: QueueEnv, { showId }: Show, windows: Line[], { number: id, hash }: After, limit: number): Promise<Omit<Page, 'complete'>> {
  const rows = await store.eventsAfter(env.db, { showId, windowIds: windows.map(({ windowId }) => windowId), id }, limit)
  const lines = chain(hash, rows.map(({ window, number, reason, detail, ...event }): RecordLine => {
    if (window === null) return { kind: 'gate', ...event, detail }
    return { kind: 'place', ...event, window, number, ...(reason === null ? {} : { reason }) }
  }))
  const last = rows.at(-1)
  return { lines, next: last && rows.length === limit ? { part: 'events', number: last.id, hash: lines.at(-1)?.hash ?? hash } : null }
}

const headerOf = ({ windowId, opensAt, closesAt, rosterCount, seed }: Line): RecordLine => ({ kind: 'line', window: windowId, opensAt, closesAt, rosterCount, seed })

function chain(previous: string, lines: RecordLine[]): ChainedLine[] {
  let hash = previous
  return lines.map((line) => {
    const one = chained(hashOf, hash, line)
    hash = one.hash
    return one
  })
}
