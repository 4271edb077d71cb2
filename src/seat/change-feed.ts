import type { ServerResponse } from 'node:http'
import { doEach } from '../platform/jobs.ts'
import type { Live } from '../platform/live.ts'
import { type Asking, comment, eventOf, type Streams, type Topic } from '../platform/streams.ts'
import { type SeatApi, seatChannel, type SeatDelta } from './api.ts'

type Entry = {
  showId: string
  topic: Topic
  planVersion: number
  /** everything up to here has been heard */
  version: number
  /** the newest version that readers were told of */
  sentVersion: number
  /** heard and not yet sent: code by seat */
  pending: Map<number, number>
  /** heard too early: a version before is missing */
  ahead: Map<number, SeatDelta>
  sentAt: number
  /** something was missed: only the version is worth telling */
  isBroken: boolean
  sending: boolean
  stop: () => void
}
export type ChangeFeed = ReturnType<typeof createChangeFeed>

const quietMs = 1_000
const spacingMs = 100
/** every twenty readers make a viewer wait a millisecond longer: the writes of a second stay bounded */
const readersPerMs = 20
/** more changes than these are not worth telling one by one: the snapshot is smaller */
const changesMax = 2_000
const aheadMax = 256
const codes = ['free', 'held', 'sold', 'blocked'] as const

/**
 * What changes on the seat maps that somebody watches in this process. Changes come as they are committed and may
 * overtake each other on the way; they are put in the order of their versions and told together, the last state of
 * each seat once. A gap is not waited for: a second without news, the version is told, and who has an older one reads
 * the map again.
 */
export function createChangeFeed({ seat, live, streams, now }: { seat: Pick<SeatApi, 'version'>; live: Live; streams: Streams; now: () => number }) {
  const watched = new Map<string, Entry>()

  function hear(entry: Entry, delta: SeatDelta) {
    if (delta.version > entry.version) entry.ahead.set(delta.version, delta)
    catchUp(entry)
    if (entry.ahead.size > aheadMax) entry.ahead.clear() // the look at the stored version finds the gap
  }

  function catchUp(entry: Entry) {
    for (let next = entry.ahead.get(entry.version + 1); next; next = entry.ahead.get(entry.version + 1)) {
      entry.ahead.delete(next.version)
      entry.version = next.version
      for (const [seatId, code] of next.changes) entry.pending.set(seatId, code)
    }
  }

  async function look(entry: Entry) {
    const { version, planVersion } = await seat.version({ showId: entry.showId })
    if (planVersion === entry.planVersion && version <= entry.version) return
    // what came meanwhile may already be in it; who reads the map again has all of it
    Object.assign(entry, { version, planVersion, isBroken: true })
    entry.pending.clear()
    for (const early of entry.ahead.keys()) if (early <= version) entry.ahead.delete(early)
    catchUp(entry)
  }

  async function tell(entry: Entry) {
    const isDelta = entry.version > entry.sentVersion && !entry.isBroken && entry.pending.size <= changesMax
    const bytes = isDelta ? deltaOf(entry) : versionOf(entry)
    entry.isBroken = false
    entry.pending.clear()
    entry.sentVersion = entry.version
    await send(entry, bytes)
  }

  async function send(entry: Entry, bytes: Buffer) {
    entry.sentAt = now()
    entry.sending = true
    await streams.send(entry.topic, bytes)
    entry.sending = false
  }

  async function tickOf(entry: Entry) {
    if (entry.sending) return
    const idleMs = now() - entry.sentAt
    if (entry.version > entry.sentVersion && idleMs >= spacingMs + entry.topic.readers.size / readersPerMs) return tell(entry)
    if (idleMs < quietMs) return
    try {
      await look(entry)
    } catch (error) {
      await send(entry, comment)
      throw error
    }
    await tell(entry)
  }

  return {
    /** Makes this response a stream of changes. Who reconnects with the version told last has missed nothing. */
    async add(showId: string, asking: Asking, response: ServerResponse, begin: () => void) {
      const { version, planVersion } = await seat.version({ showId })
      const known = watched.get(showId)
      const entry: Entry = known ?? {
        showId, planVersion, version, sentVersion: version, pending: new Map(), ahead: new Map(), topic: { kind: 'seats', readers: new Set() },
        sentAt: now(), sending: false, isBroken: false, stop: () => undefined,
      }
      begin()
      if (!known) {
        watched.set(showId, entry)
        entry.stop = live.subscribe(seatChannel(showId), (text) => hear(entry, JSON.parse(text) as SeatDelta))
      }
      streams.add(entry.topic, asking, response, [versionOf({ ...entry, version: entry.sentVersion })], () => {
        if (entry.topic.readers.size > 0 || watched.get(showId) !== entry) return
        watched.delete(showId)
        entry.stop()
      })
    },
    /** The job of a process with readers. */
    tick: () => doEach([...watched.values()], tickOf),
    watchedCount: () => watched.size,
  }
}

function deltaOf({ sentVersion, version, pending }: Entry): Buffer {
  const seats: Partial<Record<(typeof codes)[number], number[]>> = {}
  for (const [seatId, code] of pending) {
    const name = codes[code]
    if (!name) continue
    const ids = seats[name] ?? []
    seats[name] = ids
    ids.push(seatId)
  }
  return eventOf({ id: String(version), event: 'seats', data: JSON.stringify({ from: sentVersion, version, ...seats }) })
}

const versionOf = ({ version, planVersion }: Pick<Entry, 'version' | 'planVersion'>) =>
  eventOf({ id: String(version), event: 'version', data: JSON.stringify({ version, planVersion }) })
