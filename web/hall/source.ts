import { createEventReader } from '../../src/line-client/events.ts'
import { get, isUnknown, serverNow } from '../client.ts'
import { type MapPlan, shapesOf, type WireMap } from '../wire.ts'
import { applyChanges, changesOf, decodeStates, type SeatChanges } from './states.ts'

export type Seats = { version: number; states: Uint8Array; changes: number[]; heardAt: number }
type Handlers = { plan: (plan: MapPlan) => void; seats: (seats: Seats) => void; problem: (error: unknown) => void }
const retryMsDefault = 3_000
/** a stream that says nothing for so long is dead, whatever its connection says */
const silenceMs = 6_000
const failuresMax = 2
const askEveryMs = 2_000
const askForMs = 60_000
/** who missed something is not alone: reading again is spread */
const missedMs = 500
const spread = (ms: number) => ms * (0.5 + Math.random())

/**
 * Follows the seats of a show: the plan once, then what changes, by stream; while that cannot be had the whole map is
 * asked for, and an unchanged one costs a 304. A page nobody looks at gives its stream back. All the hall knows of how
 * changes arrive is behind this function.
 */
export function followSeats(showId: string, handlers: Handlers): () => void {
  const path = `/api/shows/${showId}/seats`
  let planVersion: number | undefined
  let known: Seats | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let streaming: AbortController | undefined
  let failures = 0
  let retryMs = retryMsDefault
  let streamFrom = 0
  let reading = false
  let stopped = false

  function show(version: number, states: Uint8Array, changes: number[]) {
    known = { version, states, changes, heardAt: serverNow() }
    handlers.seats(known)
  }

  async function read() {
    const map = await get<WireMap>(`${path}${planVersion === undefined ? '' : `?planVersion=${planVersion}`}`, { anonymous: true })
    if (stopped) return
    if (map.seats) {
      planVersion = map.planVersion
      known = undefined
      handlers.plan({ seats: map.seats, shapes: shapesOf(map.shapes) })
    }
    // the stream may have told more meanwhile
    if (known && map.version < known.version) return
    const states = decodeStates(map.states, map.seats?.length ?? known?.states.length ?? 0)
    show(map.version, states, known ? changesOf(known.states, states) : [])
  }

  /** The map again, once however often it is missed, and not together with everybody else. */
  async function missed(afterMs: number) {
    if (reading) return
    reading = true
    await new Promise((resolve) => setTimeout(resolve, afterMs))
    await read().catch(failed).finally(() => {
      reading = false
    })
  }

  function failed(error: unknown) {
    if (!isUnknown(error) || !known) handlers.problem(error)
  }

  function hear(event: string, data: string) {
    const told = JSON.parse(data) as { version: number; planVersion?: number } & Partial<SeatChanges>
    if (event === 'version') {
      if (!known || told.version > known.version || told.planVersion !== planVersion) return void missed(known ? spread(missedMs) : 0)
      return show(known.version, known.states, [])
    }
    if (event !== 'seats' || !known || told.version <= known.version) return
    if ((told.from ?? 0) > known.version) return void missed(spread(missedMs))
    const { states, changes } = applyChanges(known.states, told)
    show(told.version, states, changes)
  }

  /** One stream to its end; answers when to try again. */
  async function stream(mine: AbortController): Promise<number> {
    let silence = setTimeout(() => mine.abort(), silenceMs)
    try {
      const answer = await fetch(`${path}/stream`, { headers: { accept: 'text/event-stream' }, signal: mine.signal })
      if (!answer.ok || !answer.body) {
        streamFrom = Date.now() + spread(askForMs) + (Number(answer.headers.get('retry-after')) || 0) * 1_000
        return 0
      }
      const parse = createEventReader({
        onEvent: (event, data) => {
          failures = 0
          hear(event, data)
        },
        onRetry: (ms) => {
          retryMs = ms
        },
      })
      const decoder = new TextDecoder()
      const reader = answer.body.getReader()
      for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
        clearTimeout(silence)
        silence = setTimeout(() => mine.abort(), silenceMs)
        parse(decoder.decode(piece.value, { stream: true }))
      }
    } catch {
      // a lost connection, a dead one or one given back: the next turn tells
    } finally {
      clearTimeout(silence)
    }
    if (++failures < failuresMax) return retryMs
    failures = 0
    streamFrom = Date.now() + spread(askForMs)
    return 0
  }

  async function turn() {
    clearTimeout(timer)
    streaming?.abort()
    const mine = new AbortController()
    streaming = mine
    let waitMs = spread(askEveryMs)
    if (document.visibilityState === 'visible' || !known) {
      if (Date.now() >= streamFrom) waitMs = await stream(mine)
      else await read().catch(failed)
    }
    if (!stopped && streaming === mine) timer = setTimeout(() => void turn(), waitMs)
  }
  const looked = () => {
    if (document.visibilityState === 'visible') void turn()
    else streaming?.abort()
  }
  document.addEventListener('visibilitychange', looked)
  void turn()
  return () => {
    stopped = true
    clearTimeout(timer)
    streaming?.abort()
    document.removeEventListener('visibilitychange', looked)
  }
}
