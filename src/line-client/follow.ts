import type { LineFrame } from './api.ts'
import { createEventReader } from './events.ts'
import { distanceOf, nearMs, pollMsOf } from './pace.ts'
import { createView, type LineView } from './view.ts'

/** As much of a Response as is used. */
export type FollowAnswer = {
  ok: boolean
  headers: { get(name: string): string | null }
  text(): Promise<string>
  body: { getReader(): { read(): Promise<{ done: boolean; value?: Uint8Array | undefined }> } } | null
}
/** What the surroundings give: a browser, Node or a test, which owns time and chance. */
export type FollowNeeds = {
  /** of the line: …/api/shows/:id/queue */
  url: string
  fetch: (url: string, options: { headers: Record<string, string>; signal: AbortSignal }) => Promise<FollowAnswer>
  now: () => number
  random: () => number
  /** calls once, later; answers how to call it off */
  after: (ms: number, act: () => void) => () => void
  /** the place of this waiter in the order of the line; undefined: none, or not known yet */
  rankOf: (frame: LineFrame) => number | undefined
  /** a new frame was heard; `document` is what the signature is of */
  onChange: (view: LineView, document: string) => void
}
export type Follower = ReturnType<typeof followLine>

/** a stream that says nothing for so long is dead, whatever its connection says */
const silenceMs = 6_000
const failuresMax = 2
const pollForMs = 60_000
const retryMsDefault = 3_000
const awakeMs = 1_000

/**
 * Follows a line: by its stream, and while that cannot be had by asking, at a pace of its own. A hidden tab gives its
 * stream back and asks once a minute until its turn is near. Never throws: what cannot be reached shows in `ageMs`.
 */
export function followLine({ url, fetch, now, random, after, rankOf, onChange }: FollowNeeds) {
  const view = createView(rankOf)
  let isHidden = false
  let failures = 0
  let retryMs = retryMsDefault
  let streamFrom = 0
  let lastId = ''
  let etag = ''
  let closed = false
  let streaming = false
  let current = new AbortController()
  let callOff: () => void = () => undefined

  function hear(document: string) {
    view.hear(JSON.parse(document) as LineFrame, now())
    const seen = view.at(now())
    if (seen && !closed) onChange(seen, document)
  }

  function next(ms: number) {
    callOff()
    if (!closed) callOff = after(ms, () => void turn())
  }

  /** Ends what is under way, whose own next turn is then none. */
  function giveBack() {
    current.abort()
    current = new AbortController()
    streaming = false
  }

  const isFar = () => (distanceOf(view.at(now()), now()) ?? Number.POSITIVE_INFINITY) > nearMs
  const wantsStream = () => now() >= streamFrom && !(isHidden && isFar())

  /** One stream to its end, or one question. */
  async function turn(): Promise<void> {
    giveBack()
    const mine = current
    streaming = wantsStream()
    const waitMs = streaming ? await stream(mine) : await ask(mine)
    if (current !== mine) return
    streaming = false
    next(waitMs)
  }

  async function stream(mine: AbortController): Promise<number> {
    let stop = after(silenceMs, () => mine.abort())
    try {
      const answer = await fetch(`${url}/stream`, { headers: { accept: 'text/event-stream', ...(lastId ? { 'last-event-id': lastId } : {}) }, signal: mine.signal })
      if (!answer.ok || !answer.body) return refused(answer)
      const read = createEventReader({
        onRetry: (ms) => {
          retryMs = ms
        },
        onEvent: (event, data, id) => {
          if (event !== 'frame') return
          failures = 0
          lastId = id
          hear(data)
        },
      })
      const decoder = new TextDecoder()
      const reader = answer.body.getReader()
      for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
        stop()
        stop = after(silenceMs, () => mine.abort())
        read(decoder.decode(piece.value, { stream: true }))
      }
    } catch {
      // a lost connection, a dead one or one that was given up: the next turn tells
    } finally {
      stop()
    }
    return failed()
  }

  /** The time to come back is of this reader alone: a server that restarts does not hear from all at once. */
  function failed(): number {
    if (++failures < failuresMax) return retryMs
    failures = 0
    streamFrom = now() + pollForMs * (0.5 + random())
    return Math.min(retryMs, pollMsOf(view.at(now()), { now: now(), random, isHidden }))
  }

  function refused(answer: Pick<FollowAnswer, 'headers'>): number {
    const seconds = Number(answer.headers.get('retry-after')) || 10
    streamFrom = now() + pollForMs * (0.5 + random()) + seconds * 1_000
    return Math.round(pollMsOf(view.at(now()), { now: now(), random, isHidden }))
  }

  async function ask(mine: AbortController): Promise<number> {
    const stop = after(silenceMs, () => mine.abort())
    let pauseMs = 0
    try {
      const answer = await fetch(url, { headers: etag ? { 'if-none-match': etag } : {}, signal: mine.signal })
      if (answer.ok) {
        etag = answer.headers.get('etag') ?? ''
        hear(await answer.text())
      } else pauseMs = (Number(answer.headers.get('retry-after')) || 0) * 1_000
    } catch {
      // asked again at the same pace
    } finally {
      stop()
    }
    return pauseMs * (1 + random()) + pollMsOf(view.at(now()), { now: now(), random, isHidden })
  }

  next(0)
  return {
    view: () => view.at(now()),
    /** A tab that is shown again hears the newest within a second. */
    show: (isVisible: boolean) => {
      if (isHidden === !isVisible) return
      isHidden = !isVisible
      if (isVisible && !streaming) next(random() * awakeMs)
      if (isVisible || !isFar()) return
      giveBack()
      next(pollMsOf(view.at(now()), { now: now(), random, isHidden }))
    },
    know: view.know,
    close: () => {
      closed = true
      callOff()
      giveBack()
    },
  }
}
