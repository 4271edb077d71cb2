import { get, isUnknown, serverNow } from '../client.ts'
import type { MapSeat, WireMap } from '../wire.ts'
import { changesOf, decodeStates } from './states.ts'

export type Seats = { version: number; states: Uint8Array; changes: number[]; heardAt: number }
const everyMs = 1_000
const retryMs = 2_000

/**
 * Follows the seats of a show: the plan once, then the state of every seat, each second, as long as the page is looked
 * at; an unchanged answer costs a 304. All the hall knows of how changes arrive is behind this function.
 */
export function followSeats(showId: string, handlers: { plan: (seats: MapSeat[]) => void; seats: (seats: Seats) => void; problem: (error: unknown) => void }): () => void {
  let planVersion: number | undefined
  let known: Seats | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let stopped = false

  async function read() {
    const map = await get<WireMap>(`/api/shows/${showId}/seats${planVersion === undefined ? '' : `?planVersion=${planVersion}`}`, { anonymous: true })
    if (stopped) return
    if (map.seats) {
      planVersion = map.planVersion
      known = undefined
      handlers.plan(map.seats)
    }
    const count = map.seats?.length ?? known?.states.length ?? 0
    const states = known?.version === map.version ? known.states : decodeStates(map.states, count)
    const changes = known && known.states !== states ? changesOf(known.states, states) : []
    known = { version: map.version, states, changes, heardAt: serverNow() }
    handlers.seats(known)
  }

  async function loop() {
    clearTimeout(timer)
    let wait = everyMs
    try {
      if (document.visibilityState === 'visible' || !known) await read()
    } catch (error) {
      wait = retryMs
      if (!isUnknown(error) || !known) handlers.problem(error)
    }
    clearTimeout(timer)
    if (!stopped) timer = setTimeout(() => void loop(), wait)
  }
  const looked = () => document.visibilityState === 'visible' && void loop()
  document.addEventListener('visibilitychange', looked)
  void loop()
  return () => {
    stopped = true
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', looked)
  }
}
