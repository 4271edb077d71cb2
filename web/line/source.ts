import { ask, get, isUnknown, post, Problem, serverNow } from '../client.ts'
import type { WireFrame, WireLobby, WirePlace, WireShow } from '../wire.ts'

export type Odds = 'sure' | 'likely' | 'open' | 'unlikely' | 'none'
/** What the page knows of the line. `heardAt` is when the server was last heard, by its own clock. */
export type LineState = {
  place: WirePlace | undefined
  frame: WireFrame | undefined
  show: WireShow | undefined
  lobby: WireLobby | undefined
  problem: Problem | undefined
  heardAt: number
  offline: boolean
}
export type Line = { join: (code?: string) => Promise<void>; wake: () => Promise<void>; leave: () => Promise<void>; look: () => Promise<void>; stop: () => void }

const nearMs = 1_000
const farMs = 4_000
const offlineMs = 3_000
const showEveryMs = 15_000
const farPosition = 500

/**
 * Follows one line by asking: the exact place and the frame every second near the turn, every four seconds far from it.
 * All the page knows of the server is behind this function.
 */
export function followLine(showId: string, onState: (state: LineState) => void): Line {
  const base = `/api/shows/${showId}/queue`
  let state: LineState = { place: undefined, frame: undefined, show: undefined, lobby: undefined, problem: undefined, heardAt: serverNow(), offline: false }
  let timer: ReturnType<typeof setTimeout> | undefined
  let showReadAt = 0
  let stopped = false
  const tell = (change: Partial<LineState>) => {
    state = { ...state, ...change }
    if (!stopped) onState(state)
  }

  async function read() {
    const [place, frame] = await Promise.all([get<WirePlace>(`${base}/me`), get<WireFrame>(base)])
    tell({ place, frame, problem: undefined, offline: false, heardAt: serverNow() })
    if (serverNow() - showReadAt < showEveryMs) return
    showReadAt = serverNow()
    tell({ show: await get<WireShow>(`/api/shows/${showId}`) })
    if (place.position === null) tell({ lobby: await get<WireLobby>(`${base}/lobby`) })
  }

  async function look() {
    clearTimeout(timer)
    try {
      await read()
    } catch (error) {
      if (isUnknown(error)) tell({ offline: true })
      else if (error instanceof Problem) tell({ problem: error, offline: false })
      else throw error
    }
    if (stopped) return
    clearTimeout(timer)
    if (state.problem?.code === 'sign_in_required' || state.problem?.code === 'place_unknown') return
    timer = setTimeout(() => void look(), state.offline ? offlineMs : isFar(state) ? farMs : nearMs)
  }

  const change = async (what: () => Promise<unknown>) => {
    try {
      await what()
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      // not open yet: look again by itself, and show until when
      tell(isUnknown(error) ? { offline: true } : { problem: error })
      if (!isUnknown(error)) return
    }
    await look()
  }
  const looked = () => document.visibilityState === 'visible' && void look()
  document.addEventListener('visibilitychange', looked)
  return {
    join: (code) => change(async () => tell({ place: await post<WirePlace>(base, code ? { code } : {}), problem: undefined })),
    wake: () => change(async () => tell({ place: await post<WirePlace>(`${base}/wake`) })),
    leave: () => change(() => ask('DELETE', `${base}/me`)),
    look,
    stop: () => {
      stopped = true
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', looked)
    },
  }
}

/** In a lobby, far back in the line or refused, a second earlier changes nothing. */
const isFar = ({ place, problem }: LineState) => problem !== undefined || (place?.status === 'waiting' && (place.position ?? Number.POSITIVE_INFINITY) > farPosition)

const ticketsEach = 2
/** How likely a seat is, in five words: seats left against those ahead, at two tickets each. */
export function oddsOf(position: number, left: number): Odds {
  const share = left / Math.max(1, position * ticketsEach)
  if (share >= 1.5) return 'sure'
  if (share >= 1) return 'likely'
  if (share >= 0.5) return 'open'
  return share >= 0.1 ? 'unlikely' : 'none'
}

/** Minutes until the turn, as a range: the pace of the last minutes is not the pace of the next. */
export function rangeOf(etaSeconds: number): [low: number, high: number] {
  return [Math.floor((etaSeconds * 0.85) / 60), Math.max(1, Math.ceil((etaSeconds * 1.25) / 60))]
}
