import { useState } from 'react'
import { ask, get } from '../client.ts'
import { useAct } from '../data.ts'
import type { WireShow } from '../wire.ts'
import { type Draft, planOf, pricesOf } from './model.ts'

type Base = { planVersion: number; plan: string; prices: string }
const textsOf = (draft: Draft) => ({ plan: JSON.stringify(planOf(draft)), prices: JSON.stringify(pricesOf(draft)) })

/** What is stored, whether the draft is another, and saving it: plan and prices, each only when it changed. */
export function useSaving(showId: string, saved: Draft, planVersion: number, draft: Draft) {
  const [base, setBase] = useState<Base>(() => ({ planVersion, ...textsOf(saved) }))
  const [theirs, setTheirs] = useState<number>()
  const [done, setDone] = useState<Draft>()
  const { act, busy, problem, clear } = useAct()
  const now = textsOf(draft)
  const unsaved = now.plan !== base.plan || now.prices !== base.prices

  const save = (anyway = false) => act(async () => {
    setTheirs(undefined)
    const stored = await get<WireShow>(`/api/shows/${showId}`)
    if (!anyway && stored.planVersion !== base.planVersion) return setTheirs(stored.planVersion)
    let { version } = stored
    let reached: Base = { ...base, planVersion: stored.planVersion }
    const put = async (what: 'plan' | 'prices', body: unknown) => {
      const answer = await ask<{ planVersion: number; version: number }>('PUT', `/api/shows/${showId}/${what}`, { body, version })
      version = answer.version
      reached = { ...reached, planVersion: answer.planVersion, [what]: now[what] }
      setBase(reached)
    }
    if (anyway || now.plan !== base.plan) await put('plan', planOf(draft))
    if (anyway || now.prices !== base.prices) await put('prices', { prices: pricesOf(draft) })
    setDone(draft)
  })
  return { save, busy, problem, clear, unsaved, planVersion: base.planVersion, theirs, isDone: done === draft }
}
