import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { get, Problem, serverNow } from './client.ts'
import { mayBeSignedIn, onSession, person } from './session.ts'

export type ReadOptions = { signal: AbortSignal }
export type Read<T> = { data: T | undefined; problem: Problem | undefined; reload: () => void; set: (data: T) => void }

/** after a read that nobody could answer: 2 s, 4 s … 30 s, spread so that readers of a server that is back do not come together */
const againMs = 2_000
const againMsMax = 30_000
const waitMs = (tries: number) => Math.min(againMs * 2 ** tries, againMsMax) * (0.7 + 0.6 * Math.random())
/** each page has a period of its own, not above what is asked for: who came together, to an opening, comes apart */
const periodMs = (everyMs: number) => everyMs * (0.8 + 0.2 * Math.random())

/**
 * Reads one address, and again after `everyMs` at most, when the page is looked at, and by itself when nobody could answer: the
 * notice of a lost connection says so. What was read stays until there is better. `read` may put it together from several answers, anew
 * when `part` changes.
 */
export function useRead<T>(path: string | null, { everyMs, part = 0, read: readAll }: { everyMs?: number; part?: number; read?: (options: ReadOptions) => Promise<T> } = {}): Read<T> {
  const [state, setState] = useState<{ path: string | null; data?: T; problem?: Problem }>({ path })
  const [round, setRound] = useState(0)
  const reload = useCallback(() => setRound((n) => n + 1), [])
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round reads again
  useEffect(() => {
    if (path === null) return
    const stopped = new AbortController()
    let again: ReturnType<typeof setTimeout> | undefined
    let tries = 0
    const read = () => {
      clearTimeout(again)
      return (readAll ?? ((options) => get<T>(path, options)))({ signal: stopped.signal }).then(
        (data) => {
          tries = 0
          setState({ path, data })
        },
        (error) => {
          if (stopped.signal.aborted) return
          const problem = error instanceof Problem ? error : new Problem(0, { code: 'internal_error', title: String(error) })
          setState((known) => ({ path, problem, ...(known.path === path && known.data !== undefined ? { data: known.data } : {}) }))
          if (problem.status !== 0 && problem.status < 500) return
          // another read may have failed meanwhile: one waits for both
          clearTimeout(again)
          again = setTimeout(looked, waitMs(tries++))
        },
      )
    }
    void read()
    const looked = () => document.visibilityState === 'visible' && void read()
    const timer = everyMs ? setInterval(looked, periodMs(everyMs)) : undefined
    addEventListener('visibilitychange', looked)
    return () => {
      stopped.abort()
      clearTimeout(again)
      clearInterval(timer)
      removeEventListener('visibilitychange', looked)
    }
  }, [path, everyMs, part, round])
  const own = state.path === path
  return { data: own ? state.data : undefined, problem: own ? state.problem : undefined, reload, set: (data) => setState({ path, data }) }
}

export const usePerson = () => useSyncExternalStore(onSession, person)
/** Also before it is known who it is. */
export const useSignedIn = () => useSyncExternalStore(onSession, mayBeSignedIn)

/** The server's time, renewed each `everyMs`. */
export function useNow(everyMs = 1_000): number {
  const [now, setNow] = useState(serverNow)
  useEffect(() => {
    const timer = setInterval(() => setNow(serverNow()), everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
  return now
}

/** Whether this was asked for longer than so many milliseconds ago. */
export function useOverdue(asked: string, ms: number): boolean {
  const [overdue, setOverdue] = useState<string>()
  useEffect(() => {
    const timer = setTimeout(() => setOverdue(asked), ms)
    return () => clearTimeout(timer)
  }, [asked, ms])
  return overdue === asked
}

/** How the sandbox is to behave (`?source=sandbox:slow`), for whoever tries it out: a bank has no such word. */
export function sourceOf(): { source?: string } {
  const source = new URLSearchParams(location.search).get('source')
  return source ? { source } : {}
}

/** Something a person does: one at a time, with its problem. The key stays the same until it is certain what happened. */
export function useAct() {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Problem>()
  const running = useRef(false)
  const key = useRef(crypto.randomUUID())
  const act = useCallback(async (what: (key: string) => Promise<unknown>) => {
    if (running.current) return
    running.current = true
    setBusy(true)
    setProblem(undefined)
    try {
      await what(key.current)
      key.current = crypto.randomUUID()
    } catch (error) {
      const met = error instanceof Problem ? error : new Problem(0, { code: 'internal_error', title: String(error) })
      // what nobody answered, or a server that could not, may have happened
      if (met.status > 0 && met.status < 500) key.current = crypto.randomUUID()
      setProblem(met)
    } finally {
      running.current = false
      setBusy(false)
    }
  }, [])
  return { act, busy, problem, clear: () => setProblem(undefined) }
}
