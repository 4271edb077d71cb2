import { LRUCache } from 'lru-cache'
import type { ConcertServiceApi, SaleWindow } from '../concert/api.ts'
import type { Database, Tx } from '../platform/database.ts'
import type { MapShape } from './api.ts'
import { Refusal, refuse } from '../platform/outcome.ts'
import { readSeats, readShapes, readShow, readVersions, type ShowRow } from './store-shows.ts'

export const statusCode = { available: 0, held: 1, pinned: 2, sold: 3, returned: 4, blocked: 5 } as const

export type SeatInfo = {
  id: number
  section: string
  row: string
  number: string
  grade: string
  kind: 'seated' | 'standing'
  attributes: string[]
}
export type Picture = {
  showId: string
  planVersion: number
  ticketsPerUserMax: number
  startsAt: number
  version: number
  /** index = id - 1 */
  seats: readonly SeatInfo[]
  shapes: MapShape[]
  /** status code per seat: 0 available, 1 held, 2 pinned, 3 sold, 4 returned, 5 blocked */
  states: Uint8Array
  windows: SaleWindow[]
  status: 'open' | 'closing' | 'closed'
  pausedAt: number | null
}
export type SeatChange = { seatId: number; status: number }
export type Pictures = {
  of(showId: string): Promise<Picture>
  apply(showId: string, changes: SeatChange[], version: number): void
  doubt(showId: string): void
  forget(showId: string): void
  recheck(): Promise<void>
}

/** Changes heard while a copy is being read; more than these and it is read again. */
const heardMax = 1_000
/** Answers of statements that ran side by side come in any order: so many may be ahead before a gap counts as one. */
const aheadMax = 4
/** Seats of all copies together, some hundred bytes each; the show nobody asked for longest goes first. */
const seatsKeptMax = 1_000_000
type Heard = { changes: SeatChange[]; version: number }
/** `heard` are changes whose turn has not come; `checked` is what the last recheck saw. */
type Entry = { picture: Picture | null; stale: boolean; reading: Promise<Picture> | null; heard: Heard[]; checked?: { own: number; stored: number } }

/** A show's copy, or why there is none. */
export const lookAt = (pictures: Pictures, showId: string): Promise<Picture | Refusal> =>
  pictures.of(showId).catch((error) => {
    if (error instanceof Refusal) return error
    throw error
  })

/**
 * In-memory copies of the seats of shows: a cache only, it never decides a grant. `of` reads a show once for all who
 * ask, and again when its copy is known to be behind; refuses `show_unknown`, or `show_preparing` when the concert
 * service says that the show is published but its seats are not here yet. `apply` follows a commit, in the order of
 * versions; a gap that is not filled at once marks the copy for re-reading, an older version is ignored. `doubt` makes it
 * be read again. `recheck` finds what other processes wrote.
 */
export function createPictures(
  db: Database,
  concert?: Pick<ConcertServiceApi, 'show'>,
  { seatsMax = seatsKeptMax }: { seatsMax?: number } = {},
): Pictures {
  const entries = new LRUCache<string, Entry>({ maxSize: seatsMax, sizeCalculation: ({ picture }) => picture?.seats.length || 1 })

  async function read(showId: string, entry: Entry): Promise<Picture> {
    try {
      const picture = await load(db, showId, entry.picture)
      entry.picture = picture
      catchUp(entry, picture)
      // weighed anew: until now its seats were not counted
      if (entries.get(showId) === entry && entries.delete(showId)) entries.set(showId, entry)
      return picture
    } catch (error) {
      if (entries.get(showId) === entry) entries.delete(showId)
      entry.heard = []
      if (error instanceof Refusal && concert) return refuse(await whyMissing(concert, showId))
      throw error
    } finally {
      entry.reading = null
    }
  }

  return {
    of: async (showId) => {
      const entry = entries.get(showId) ?? { picture: null, stale: false, reading: null, heard: [] }
      entries.set(showId, entry)
      if (entry.reading) return entry.reading
      if (entry.picture && !entry.stale) return entry.picture
      entry.stale = false
      entry.reading = read(showId, entry)
      return entry.reading
    },
    apply: (showId, changes, version) => {
      const entry = entries.get(showId)
      if (!entry) return
      if (entry.reading) {
        if (entry.heard.length < heardMax) entry.heard.push({ changes, version })
        else entry.stale = true
        return
      }
      if (!entry.picture || version <= entry.picture.version) return
      entry.heard.push({ changes, version })
      catchUp(entry, entry.picture)
    },
    doubt: (showId) => {
      const entry = entries.get(showId)
      if (entry) entry.stale = true
    },
    forget: (showId) => {
      entries.delete(showId)
    },
    recheck: async () => {
      const versions = new Map((await readVersions(db, [...entries.keys()])).map((row) => [row.showId, row]))
      for (const [showId, entry] of [...entries]) {
        const { picture } = entry
        const row = versions.get(showId)
        if (!picture) continue
        if (!row?.ready || row.planVersion !== picture.planVersion) entries.delete(showId)
        else if (isBehind(entry, picture, row.version)) entry.stale = true
      }
    },
  }
}

/** Tells the copies of what a transaction wrote, once it is committed; versions are those of its bump, one a show. */
export function applyAfterCommit(
  tx: Tx,
  pictures: Pictures,
  versions: { showId: string; version: number }[],
  changes: (SeatChange & { showId: string })[],
) {
  tx.afterCommit(() => {
    for (const { showId, version } of versions)
      pictures.apply(showId, changes.filter((change) => change.showId === showId), version)
  })
}

/** Reads a show whole, or only its row and states when the seats themselves cannot have changed. */
async function load(db: Database, showId: string, known: Picture | null): Promise<Picture> {
  const show = await readShow(db, showId)
  if (!show?.ready) return refuse('show_unknown')
  if (known?.planVersion === show.planVersion) return pictureOf(show, known)
  const seats = await readSeats(db, showId)
  const shapes = await readShapes(db, showId)
  const again = await readShow(db, showId)
  if (!again?.ready || again.planVersion !== show.planVersion || seats.length !== again.states.length)
    return refuse('show_preparing')
  return pictureOf(again, { seats, shapes })
}

function pictureOf(show: ShowRow, { seats, shapes }: Pick<Picture, 'seats' | 'shapes'>): Picture {
  const { showId, planVersion, ticketsPerUserMax, startsAt, version, windows, status, pausedAt } = show
  const states = Uint8Array.from(show.states, (digit) => digit.charCodeAt(0) - 48)
  return { showId, planVersion, ticketsPerUserMax, startsAt, version, seats, shapes, states, windows, status, pausedAt }
}

/** Writes, in the order of versions, whatever follows on what is there; the rest waits for what is missing. */
function catchUp(entry: Entry, picture: Picture) {
  const ahead: Heard[] = []
  for (const heard of entry.heard.sort((a, b) => a.version - b.version)) {
    if (heard.version === picture.version + 1) write(picture, heard)
    else if (heard.version > picture.version) ahead.push(heard)
  }
  entry.heard = ahead
  if (ahead.length > aheadMax) entry.stale = true
}

function write(picture: Picture, { changes, version }: Heard) {
  for (const { seatId, status } of changes) picture.states[seatId - 1] = status
  picture.version = version
}

/** A copy in use is always a little behind what is stored; one that stands still, or has not come as far as was stored last time, missed something. */
function isBehind(entry: Entry, { version }: Picture, stored: number): boolean {
  const before = entry.checked
  entry.checked = { own: version, stored }
  return version < stored && (before === undefined || version === before.own || version < before.stored)
}

/** Seats follow concert by event: a published show without seats is being prepared, any other is not known. */
async function whyMissing(concert: Pick<ConcertServiceApi, 'show'>, showId: string) {
  try {
    const show = await concert.show({ showId })
    return show.status === 'published' ? 'show_preparing' : 'show_unknown'
  } catch (error) {
    if (error instanceof Refusal) return 'show_unknown'
    throw error
  }
}
