import { type Follower, followLine as followFrames } from '../../src/line-client/follow.ts'
import type { LineView } from '../../src/line-client/view.ts'
import { ask, get, isUnknown, post, Problem, serverNow } from '../client.ts'
import type { WireFrame, WireLobby, WirePlace, WireShow } from '../wire.ts'

/** What the page knows of the line. `heardAt` is when what it shows was true, by the server's clock. */
export type LineState = {
  place: WirePlace | undefined
  view: LineView | undefined
  frame: WireFrame | undefined
  show: WireShow | undefined
  lobby: WireLobby | undefined
  problem: Problem | undefined
  heardAt: number
  offline: boolean
}
export type Line = { join: (code?: string) => Promise<void>; wake: () => Promise<void>; leave: () => Promise<void>; look: () => Promise<void> }

/** how long until the exact place is asked for again; whoever waits and is not due needs it only in case another tab left */
const askMs = { due: 1_500, called: 4_000, inside: 10_000, refused: 4_000, far: 300_000 }
const offlineMs = 3_000
const readEveryMs = 15_000
const spread = (ms: number) => ms * (0.7 + 0.6 * Math.random())
const final = new Set(['sign_in_required', 'place_unknown'])

/**
 * Follows one line: its frames tell how far it is, the same for everybody; the exact place is asked for only when the turn
 * is due. All the page knows of the server is behind this function.
 */
export function followLine(showId: string, onState: (state: LineState) => void): Line {
  const base = `/api/shows/${showId}/queue`
  let state: LineState = { place: undefined, view: undefined, frame: undefined, show: undefined, lobby: undefined, problem: undefined, heardAt: serverNow(), offline: false }
  let timer: ReturnType<typeof setTimeout> | undefined
  let askAt = Number.POSITIVE_INFINITY
  let follower: Follower | undefined
  let followed = ''
  const readAt = { show: 0, lobby: 0 }
  const rank = createRank()
  const tell = (change: Partial<LineState>) => {
    state = { ...state, ...change }
    onState(state)
  }

  function know(place: WirePlace) {
    tell({ place, problem: undefined, offline: false, heardAt: serverNow() })
    // another number is another wait: nothing of the former holds for it
    const key = `${place.windowId} ${place.number}`
    if (followed !== key) {
      follower?.close()
      followed = key
      follower = follow()
    }
    if (place.position !== null) follower?.know(place.position)
  }

  const follow = () => followFrames({
    url: base, now: serverNow, random: Math.random,
    after: (ms, act) => {
      const later = setTimeout(act, ms)
      return () => clearTimeout(later)
    },
    fetch: async (url, options) => {
      try {
        const answer = await fetch(url, options)
        if (state.offline) tell({ offline: false })
        return answer
      } catch (error) {
        if (!options.signal.aborted) tell({ offline: true })
        throw error
      }
    },
    // frames tell of the present line, which after a window closed is the next one
    rankOf: (frame) => (frame.windowId === state.place?.windowId ? (state.place.rank ?? rank(frame, state.place.number)) : undefined),
    onChange: (view, document) => {
      tell({ view, frame: JSON.parse(document) as WireFrame, heardAt: serverNow() - view.ageMs, offline: false })
      readMore(view)
      plan()
    },
  })

  /** What the page says beside the place; without it the page still stands. */
  function readMore({ phase, availability }: LineView) {
    const due = (what: 'show' | 'lobby') => serverNow() - readAt[what] > readEveryMs
    const wanted = phase === 'lobby' || phase === 'sealed' ? 'lobby' : availability === 'all_held' ? 'show' : undefined
    if (!wanted || !due(wanted)) return
    readAt[wanted] = serverNow()
    const read = wanted === 'lobby' ? get<WireLobby>(`${base}/lobby`).then((lobby) => tell({ lobby })) : get<WireShow>(`/api/shows/${showId}`, { anonymous: true }).then((show) => tell({ show }))
    read.catch(failed)
  }

  function failed(error: unknown) {
    if (isUnknown(error)) tell({ offline: true })
    else if (error instanceof Problem) tell({ problem: error, offline: false })
    else throw error
  }

  /** A sooner reason to ask moves the question nearer, never further away. */
  function plan() {
    const ms = untilAsked(state)
    if (ms === undefined) return clearTimeout(timer)
    const at = Date.now() + spread(ms)
    if (at >= askAt) return
    askAt = at
    clearTimeout(timer)
    timer = setTimeout(() => void look(), at - Date.now())
  }

  async function look() {
    clearTimeout(timer)
    askAt = Number.POSITIVE_INFINITY
    await get<WirePlace>(`${base}/me`).then(know).catch(failed)
    plan()
  }

  const change = async (what: () => Promise<unknown>) => {
    try {
      await what()
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      failed(error)
      // not open yet: look again by itself, and show until when
      if (!isUnknown(error)) return plan()
    }
    await look()
  }
  document.addEventListener('visibilitychange', () => {
    const visible = document.visibilityState === 'visible'
    follower?.show(visible)
    if (visible) void look()
  })
  return {
    join: (code) => change(async () => know(await post<WirePlace>(base, code ? { code } : {}))),
    wake: () => change(async () => know(await post<WirePlace>(`${base}/wake`))),
    leave: () => change(() => ask('DELETE', `${base}/me`)),
    look,
  }
}

function untilAsked({ offline, problem, place, view, frame }: LineState): number | undefined {
  if (problem && final.has(problem.code)) return undefined
  if (offline) return offlineMs
  if (problem || !place) return askMs.refused
  if (place.status === 'called') return askMs.called
  if (place.status === 'inside' || place.status === 'asleep') return askMs.inside
  if (place.status === 'ended') return undefined
  // the line moved on to another window: this place is about to end, and nothing but asking tells
  if (frame && frame.windowId !== place.windowId) return askMs.inside
  if (place.status !== 'waiting' || view?.isDue || view?.phase === 'closed') return askMs.due
  // the order is known to the server, and not to this page
  return view?.phase === 'open' && view.position === null ? askMs.called : askMs.far
}

/** The drawn rank, computed here from the revealed seed: nobody asks for it, and nobody has to believe it. Loaded when a draw is seen. */
function createRank() {
  let reckon: typeof import('./rank.ts').rankIn | undefined
  let asked = false
  return ({ draw }: WireFrame, number: number | undefined): number | undefined => {
    if (!draw || number === undefined) return undefined
    if (!asked) {
      asked = true
      // without it the place is asked for, which says the same
      void import('./rank.ts').then((module) => {
        reckon = module.rankIn
      }, () => undefined)
    }
    return reckon?.(draw, number)
  }
}
