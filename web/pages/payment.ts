import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { ask, get, isUnknown, Problem, post } from '../client.ts'
import { sourceOf } from '../data.ts'
import { language } from '../language.ts'
import { navigate } from '../router.tsx'
import type { Listed, WirePayment } from '../wire.ts'
import { wordsOf } from '../words/index.ts'

type State = { kind: 'none' } | { kind: 'running'; since: number; until: string | null } | { kind: 'refused'; problem: Problem }
type Attempt = { key: string; topUp: number | undefined }
const everyMs = 1_000

const storedAt = (reservationId: string) => `openrun.pay.${reservationId}`
/** A payment whose outcome is not known keeps its key over reloads: asking again can only find it, never charge twice. */
function storedAttempt(reservationId: string): Attempt | undefined {
  const text = sessionStorage.getItem(storedAt(reservationId))
  return text ? (JSON.parse(text) as Attempt) : undefined
}

/** A payment of this reservation that still runs, when this tab did not start it. */
export async function paymentOf(reservationId: string): Promise<WirePayment | undefined> {
  const { items } = await get<Listed<WirePayment>>('/api/payments?limit=20')
  return items.find((payment) => payment.reservationId === reservationId && payment.status === 'pending')
}

/** Pays once: what was not answered is asked again with the same key until it is certain. */
export function usePayment({ id: reservationId, showId }: { id: string; showId: string }, onChange: () => void) {
  const [state, setState] = useState<State>({ kind: 'none' })
  const gone = useRef(false)
  const changed = useRef(onChange)
  changed.current = onChange
  useEffect(() => {
    gone.current = false
    return () => {
      gone.current = true
    }
  }, [])
  const wait = useCallback(() => new Promise((resolve) => setTimeout(resolve, everyMs)), [])

  const finish = useCallback((outcome: State) => {
    sessionStorage.removeItem(storedAt(reservationId))
    if (outcome.kind === 'none') void passOn(showId)
    if (gone.current) return
    if (outcome.kind === 'none') return navigate(`/done/${reservationId}#new`, { replace: true })
    setState(outcome)
    changed.current()
  }, [reservationId, showId])

  const follow = useCallback(async (payment: WirePayment, since = Date.now()) => {
    let known = payment
    while (!gone.current && known.status === 'pending') {
      setState({ kind: 'running', since, until: known.until })
      await wait()
      known = await get<WirePayment>(`/api/payments/${payment.id}`).catch((error) => {
        if (isUnknown(error)) return known
        throw error
      })
    }
    if (known.status === 'completed') finish({ kind: 'none' })
    if (known.status === 'failed') finish({ kind: 'refused', problem: refusalOf(known) })
  }, [finish, wait])

  const run = useCallback(async ({ key, topUp }: Attempt) => {
    const since = Date.now()
    setState({ kind: 'running', since, until: null })
    while (!gone.current) {
      try {
        const payment = await post<WirePayment>('/api/payments', { reservationId, ...(topUp === undefined ? {} : { topUp }), ...sourceOf() }, { key })
        return await follow(payment, since)
      } catch (error) {
        if (!(error instanceof Problem)) throw error
        if (!isUnknown(error)) return finish({ kind: 'refused', problem: error })
        await wait()
      }
    }
  }, [follow, finish, wait, reservationId])

  const pay = useCallback((topUp: number | undefined) => {
    const attempt = { key: crypto.randomUUID(), topUp }
    sessionStorage.setItem(storedAt(reservationId), JSON.stringify(attempt))
    void run(attempt)
  }, [reservationId, run])

  useEffect(() => {
    const left = storedAttempt(reservationId)
    if (left) void run(left)
  }, [reservationId, run])
  return useMemo(() => ({ state, pay, follow }), [state, pay, follow])
}

/** Who has paid is done here: the turn goes to the next fan at once, not when the pass ends. Whoever bought the whole quota has left already. */
const passOn = (showId: string) =>
  ask('DELETE', `/api/shows/${showId}/queue/me`).catch((error: unknown) => {
    if (!(error instanceof Problem)) throw error
  })

/** A payment that failed while it was followed has its code only; asked for again with its key it would be the problem itself. */
function refusalOf({ refusal, refusalParams }: WirePayment): Problem {
  const { checkout } = wordsOf(language())
  return new Problem(402, { ...refusalParams, code: refusal ?? 'internal_error', title: checkout.refused, next: checkout.refusedBody })
}
