import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { get, Problem, serverNow } from './client.ts'
import { mayBeSignedIn, onSession, person } from './session.ts'

export type Read<T> = { data: T | undefined; problem: Problem | undefined; reload: () => void; set: (data: T) => void }

/** after a read that nobody could answer: 2 s, 4 s … 30 s, spread so that readers of a server that is back do not come together */
const againMs = 2_000
const againMsMax = 30_000
const waitMs = (tries: number) => Math.min(againMs * 2 ** tries, againMsMax) * (0.7 + 0.6 * Math.random())

/** what changes for everybody at one moment is read again some seconds after it, by each reader at another */
const changedMs = 1_000
const changedSpreadMs = 5_000
const timerMsMax = 86_400_000

/**
 * Reads one address, and again each `everyMs`, when the page is looked at, shortly after what was read is over by the clock
 * (`changesAt`, the same function each time), and by itself when nobody could answer: the notice of a lost connection says so.
 * What was read stays until there is better.
 */
export function useRead<T>(path: string | null, { everyMs, changesAt }: { everyMs?: number; changesAt?: (data: T, now: number) => number | undefined } = {}): Read<T> {
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
      return get<T>(path, { signal: stopped.signal }).then(
        (data) => {
          tries = 0
          setState({ path, data })
          const over = changesAt?.(data, serverNow())
          if (over !== undefined) again = setTimeout(looked, Math.min(over - serverNow(), timerMsMax) + changedMs + changedSpreadMs * Math.random())
        },
        (error) => {
          if (stopped.signal.aborted) return
          const problem = error instanceof Problem ? error : new Problem(0, { code: 'internal_error', title: String(error) })
          setState((known) => ({ path, problem, ...(known.path === path && known.data !== undefined ? { data: known.data } : {}) }))
          if (problem.status === 0 || problem.status >= 500) again = setTimeout(looked, waitMs(tries++))
        },
      )
    }
    void read()
    const looked = () => document.visibilityState === 'visible' && void read()
    const timer = everyMs ? setInterval(looked, everyMs) : undefined
    addEventListener('visibilitychange', looked)
    return () => {
      stopped.abort()
      clearTimeout(again)
      clearInterval(timer)
      removeEventListener('visibilitychange', looked)
    }
  }, [path, everyMs, changesAt, round])
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
