import { clockMs, orderFrom } from './draw-rules.ts'
import { arrivalOrder, type Hash, type Order } from './order.ts'
import { type ChainedLine, chained, chainStart } from './record-chain.ts'

export type Violation = { what: 'chain_broken' | 'number_gap' | 'two_places' | 'impossible' | 'cap_exceeded' | 'called_while_paused' | 'called_while_closed' | 'passed_over' | 'other_draw'; line: unknown; detail: string }
export type Verdict = { joins: number; calls: number; capMax: number; liveMax: number; unjudged: number; heads: Record<string, string>; violations: Violation[] }
type Status = 'waiting' | 'called' | 'asleep' | 'woken' | 'inside' | 'ended'
type Place = { status: Status; who: string; joinedAt: number; endedAt: number }
type Window = { places: Place[]; through: number; woken: number; closed: boolean; header: Header | undefined }
type Header = { window: string; rosterCount: number; seed: string | null }
/** What `GET …/queue/draw` says of a window; `sealedAt` ISO 8601. */
export type Drawn = { seed: string | null; rosterCount: number | null; sealedAt: string | null }
type PlaceEvent = ChainedLine & { id: number; window: string; number: number; at: number; what: string }

const violationsMax = 100
/** What may happen to a place in which state, and what it is afterwards. */
const moves: Record<string, Partial<Record<Status, Status>>> = {
  called: { waiting: 'called', woken: 'called' },
  slept: { called: 'asleep', inside: 'asleep' },
  woken: { asleep: 'woken' },
  claimed: { called: 'inside' },
  taken_over: { inside: 'inside' },
  ended: { waiting: 'ended', called: 'ended', asleep: 'ended', woken: 'ended', inside: 'ended' },
}
const takesSlot = (status: Status) => status === 'called' || status === 'inside'

/**
 * Recomputes a sale from its public record alone: chains unbroken, numbers without gaps, one live place an account, never
 * more in than the cap then in force, nobody called while paused, and nobody called while somebody of a smaller rank
 * waited, by the order drawn from the seed where there was a draw (npm run verify-draw recomputes the seed, `drawn` holds
 * the line against it). Feed it the lines in the order they were published.
 */
export function createReplay(hash: Hash) {
  const windows = new Map<string, Window>()
  const orders = new Map<string, Order>()
  const heads: Record<string, string> = {}
  const violations: Violation[] = []
  const state = { cap: 0, paused: false, live: 0, liveMax: 0, capMax: 0, joins: 0, calls: 0, unjudged: 0, unjudgedFrom: 0 }
  let batch: PlaceEvent[] = []

  const broken = (what: Violation['what'], line: unknown, detail: string) => {
    if (violations.length < violationsMax) violations.push({ what, line, detail })
  }
  const windowOf = (id: string): Window => {
    const known = windows.get(id) ?? { places: [], through: 0, woken: 0, closed: false, header: undefined }
    windows.set(id, known)
    return known
  }
  const orderIn = (id: string): Order => orders.get(id) ?? arrivalOrder

  function begin(header: Header) {
    const { window, rosterCount, seed } = header
    const line = windowOf(window)
    if (line.header || line.places.length > 0) return broken('impossible', header, 'a line begins once, before its joins')
    line.header = header
    orders.set(window, seed === null ? arrivalOrder : orderFrom(hash, seed, rosterCount))
  }

  function follow(line: ChainedLine) {
    const { hash: published, ...said } = line
    const chain = line.kind === 'join' ? String(line.window) : 'events'
    const previous = line.kind === 'line' ? chainStart : (heads[chain] ?? chainStart)
    if (chained(hash, previous, said).hash !== published) broken('chain_broken', line, 'the hash is not that of the line before and this line')
    if (line.kind !== 'line') heads[chain] = published
  }

  function join({ window, number, at, who }: { window: string; number: number; at: number; who: string }) {
    const { places } = windowOf(window)
    if (number !== places.length + 1) return broken('number_gap', { window, number }, `number ${number} follows ${places.length}`)
    if (at < (places.at(-1)?.joinedAt ?? at) - clockMs) broken('impossible', { window, number, at }, `joined before number ${number - 1}`)
    places[number - 1] = { status: 'waiting', who, joinedAt: at, endedAt: Number.POSITIVE_INFINITY }
    state.joins++
  }

  /** Joins are read before events: in a running sale somebody may have come in between, and from then on nothing is known. */
  function isBeyond(event: PlaceEvent): boolean {
    const { kind, window, number, at } = event
    const places = kind === 'place' ? windowOf(window).places : []
    if (state.unjudged === 0 && (kind !== 'place' || number <= places.length)) return false
    const since = state.unjudged === 0 ? (places.at(-1)?.joinedAt ?? at) : state.unjudgedFrom
    if (kind === 'place' && at < since - clockMs) broken('impossible', event, 'older than what it stands behind')
    if (state.unjudged === 0) state.unjudgedFrom = at
    return true
  }

  function happen(event: PlaceEvent): Status | undefined {
    const place = windowOf(event.window).places[event.number - 1]
    const next = place && moves[event.what]?.[place.status]
    if (!place || !next) {
      broken('impossible', event, place ? `${event.what} while ${place.status}` : 'a place that nobody joined')
      return undefined
    }
    const was = place.status
    if (event.at < place.joinedAt - clockMs) broken('impossible', event, `${event.what} before the place was joined`)
    windowOf(event.window).woken += Number(next === 'woken') - Number(was === 'woken')
    state.live += Number(takesSlot(next)) - Number(takesSlot(was))
    state.liveMax = Math.max(state.liveMax, state.live)
    place.status = next
    if (next === 'ended') place.endedAt = event.at
    return was
  }

  /** Calls of one moment and line came in one transaction, whose rows have no order among themselves. */
  function callBatch() {
    const events = batch
    batch = []
    const [first] = events
    if (!first) return
    const line = windowOf(first.window)
    const { places, through } = line
    const order = orderIn(first.window)
    const ranks = events.filter((event) => happen(event) === 'waiting').map(({ number }) => order.rankOf(number))
    state.calls += events.length
    if (state.live > state.cap) broken('cap_exceeded', first, `${state.live} in of at most ${state.cap}`)
    if (line.closed) broken('called_while_closed', first, 'an operator had closed the line')
    if (ranks.length > 0 && line.woken > 0) broken('passed_over', first, 'a place that was woken waited and was passed')
    if (state.paused) broken('called_while_paused', first, 'the show was paused')
    const reached = Math.max(through, ...ranks)
    if (ranks.some((rank) => rank <= through)) broken('passed_over', first, `a rank up to ${through} was called only now`)
    for (let rank = through + 1; rank <= reached; rank++) {
      const passed = places[order.numberOf(rank) - 1]
      if (passed?.status === 'waiting') broken('passed_over', first, `number ${order.numberOf(rank)} waited and was passed`)
    }
    line.through = reached
  }

  function gate(line: ChainedLine) {
    const { cap, windowId } = (line.detail ?? {}) as { cap?: number; windowId?: string }
    if (line.what === 'closed' && windowId !== undefined) windowOf(windowId).closed = true
    if (line.what === 'cap' && cap !== undefined) {
      state.cap = cap
      state.capMax = Math.max(state.capMax, cap)
    }
    if (line.what === 'paused' || line.what === 'resumed') state.paused = line.what === 'paused'
  }

  return {
    add(line: ChainedLine) {
      follow(line)
      if (line.kind === 'join') return join(line as never)
      if (line.kind === 'line') return begin(line as never)
      const event = line as PlaceEvent
      if (isBeyond(event)) return void state.unjudged++
      const [first] = batch
      if (first && !(event.kind === 'place' && event.what === 'called' && event.window === first.window && event.at === first.at)) callBatch()
      if (event.kind === 'gate') return gate(event)
      if (event.what === 'called') return void batch.push(event)
      happen(event)
    },
    /** Windows the record has told of so far. */
    windows: () => [...windows.keys()],
    /** Holds a window against its published draw, undefined for one that has none: the order it was called in is the order that was drawn. */
    drawn(window: string, draw: Drawn | undefined) {
      const { header, places, through } = windowOf(window)
      const seed = draw?.seed ?? null
      if (!header?.seed && seed !== null && through === 0) return // drawn while it was read
      if ((header?.seed ?? null) !== seed || (seed !== null && header?.rosterCount !== draw?.rosterCount))
        return broken('other_draw', { window, seed, rosterCount: draw?.rosterCount }, `the record has seed ${header?.seed ?? null} over ${header?.rosterCount ?? 0}`)
      const late = seed === null ? undefined : places.slice(0, draw?.rosterCount ?? 0).find(({ joinedAt }) => joinedAt > Date.parse(draw?.sealedAt ?? '') + clockMs)
      if (late) broken('other_draw', { window, joinedAt: late.joinedAt }, 'a place of the roster was joined after it was sealed')
    },
    /** `complete`: the record said from its first page on that nothing will follow. */
    end(complete: boolean): Verdict {
      callBatch()
      if (complete && state.unjudged > 0) broken('impossible', { unjudged: state.unjudged }, 'a place that nobody joined')
      for (const [window, { places }] of windows) for (const error of twoPlaces(places)) broken('two_places', { window, ...error }, 'joined again before the place before had ended')
      const { joins, calls, capMax, liveMax, unjudged } = state
      return { joins, calls, capMax, liveMax, unjudged, heads, violations }
    },
  }
}

function twoPlaces(places: Place[]): { number: number }[] {
  const before = new Map<string, Place>()
  return places.flatMap((place, index) => {
    const earlier = before.get(place.who)
    before.set(place.who, place)
    return earlier && earlier.endedAt > place.joinedAt + clockMs ? [{ number: index + 1 }] : []
  })
}
