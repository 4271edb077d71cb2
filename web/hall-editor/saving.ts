import { useState } from 'react'
import { ask, get } from '../client.ts'
import { useAct } from '../data.ts'
import type { WirePlan, WireShow } from '../wire.ts'
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
    const stored = await get<WirePlan>(`/api/shows/${showId}/plan`)
    if (!anyway && stored.planVersion !== base.planVersion) return setTheirs(stored.planVersion)
    let reached: Base = { ...base, planVersion: stored.planVersion }
    if (anyway || now.plan !== base.plan) {
      const { planVersion: version } = await ask<{ planVersion: number }>('PUT', `/api/shows/${showId}/plan`, { body: planOf(draft) })
      reached = { ...reached, planVersion: version, plan: now.plan }
      setBase(reached)
    }
    if (anyway || now.prices !== base.prices) {
      const { planVersion: version } = await ask<WireShow>('PUT', `/api/shows/${showId}/prices`, { body: { prices: pricesOf(draft) } })
      reached = { ...reached, planVersion: version, prices: now.prices }
      setBase(reached)
    }
    setDone(draft)
  })
  return { save, busy, problem, clear, unsaved, planVersion: base.planVersion, theirs, isDone: done === draft }
}
