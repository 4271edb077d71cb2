import type { ServerResponse } from 'node:http'
import { LRUCache } from 'lru-cache'
import type { LineFrame } from '../line-client/api.ts'
import { doEach } from '../platform/jobs.ts'
import type { Live } from '../platform/live.ts'
import { type Asking, comment, eventOf, type Streams, type Topic } from '../platform/streams.ts'
import { lineChannel, type QueueApi } from './api.ts'

/** A frame as it is shown; `id` names it, in ETag and Last-Event-ID. */
export type Told = { id: string; windowId: string; epoch: number; at: number; document: string; bytes: Buffer }
type Entry = { showId: string; topic: Topic; told?: Told; heardAt: number; asking?: Promise<Told>; stop?: () => void; sending: boolean; waiting: boolean }
export type LineFeed = ReturnType<typeof createLineFeed>

const freshMs = 1_000
const showsMax = 5_000

/**
 * The newest frame of each line, for everybody who reads it in this process. A line that somebody watches is asked for
 * once a second, unless a frame was heard meanwhile: one that another process asked for is heard here too.
 */
export function createLineFeed({ queue, live, streams, now }: { queue: Pick<QueueApi, 'frame'>; live: Live; streams: Streams; now: () => number }) {
  const entries = new LRUCache<string, Entry>({ max: showsMax })
  const watched = new Map<string, Entry>()

  const entryOf = (showId: string): Entry =>
    watched.get(showId) ?? entries.get(showId) ?? { showId, topic: { kind: 'line', readers: new Set() }, heardAt: Number.NEGATIVE_INFINITY, sending: false, waiting: false }

  function hear(entry: Entry, document: string): Told {
    entry.heardAt = now()
    const told = toldOf(document)
    if (entry.told && !isNewer(told, entry.told)) return entry.told
    entry.told = told
    void broadcast(entry)
    return told
  }

  /** A frame that comes while the one before is still being written waits; of several only the newest is written. */
  async function broadcast(entry: Entry) {
    entry.waiting = true
    if (entry.sending) return
    entry.sending = true
    while (entry.waiting && entry.told) {
      entry.waiting = false
      await streams.send(entry.topic, entry.told.bytes)
    }
    entry.sending = false
  }

  function ask(entry: Entry): Promise<Told> {
    entry.asking ??= queue.frame({ showId: entry.showId }).then(({ document }) => hear(entry, document)).finally(() => {
      delete entry.asking
    })
    return entry.asking
  }

  /** At most a second old. Refuses as the operation does. */
  async function of(showId: string): Promise<Told> {
    const entry = entryOf(showId)
    if (entry.told && now() - entry.heardAt < freshMs) return entry.told
    if (!watched.has(showId)) entries.set(showId, entry)
    try {
      return await ask(entry)
    } catch (error) {
      if (entries.get(showId) === entry) entries.delete(showId)
      throw error
    }
  }

  function watch(showId: string): Entry {
    const entry = entryOf(showId)
    if (watched.has(showId)) return entry
    watched.set(showId, entry)
    entry.stop = live.subscribe(lineChannel(showId), (document) => void hear(entry, document))
    return entry
  }

  return {
    of,
    /** Makes this response a stream of frames. The newest comes first, unless it is the one heard last. */
    add(showId: string, asking: Asking, response: ServerResponse, lastEventId: string | undefined) {
      const entry = watch(showId)
      const first = entry.told && entry.told.id !== lastEventId ? [entry.told.bytes] : []
      streams.add(entry.topic, asking, response, first, () => {
        if (entry.topic.readers.size > 0 || watched.get(showId) !== entry) return
        watched.delete(showId)
        entry.stop?.()
      })
    },
    /** The job of a process with readers: asks for what is due; a line that cannot be told still shows that it is there. */
    tick: () => doEach([...watched.values()].filter((entry) => now() - entry.heardAt >= freshMs), async (entry) => {
      try {
        await ask(entry)
      } catch (error) {
        entry.heardAt = now()
        await streams.send(entry.topic, comment)
        throw error
      }
    }),
    watchedCount: () => watched.size,
  }
}

function toldOf(document: string): Told {
  const { windowId, epoch, ...frame } = JSON.parse(document) as LineFrame
  const at = Date.parse(frame.at)
  const id = `${windowId.slice(0, 8)}.${epoch}.${at}`
  return { id, windowId, epoch, at, document, bytes: eventOf({ id, event: 'frame', data: document }) }
}

/** Epochs count the phases of one line; another line of the show begins anew, so there time decides. */
const isNewer = (a: Told, b: Told) => (a.windowId !== b.windowId || a.epoch === b.epoch ? a.at > b.at : a.epoch > b.epoch)
