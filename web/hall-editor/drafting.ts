import { useCallback, useEffect, useState } from 'react'
import { begin, edit, type History, redo, undo } from './history.ts'
import type { Draft } from './model.ts'

const keptAt = (showId: string) => `openrun.hall.${showId}`
type Kept = { planVersion: number; draft: Draft }

/** Changes that were not saved and stayed in this tab. */
export function keptDraft(showId: string): Kept | undefined {
  const text = sessionStorage.getItem(keptAt(showId))
  return text === null ? undefined : (JSON.parse(text) as Kept)
}

/** What is too large for a tab to keep is not kept; leaving the app asks all the same. */
function keepDraft(showId: string, kept: Kept) {
  try {
    sessionStorage.setItem(keptAt(showId), JSON.stringify(kept))
  } catch (error) {
    if (!(error instanceof DOMException && error.name === 'QuotaExceededError')) throw error
    forgetDraft(showId)
  }
}

export const forgetDraft = (showId: string) => sessionStorage.removeItem(keptAt(showId))

/** The draft with its history. */
export function useDrafting(saved: Draft, kept: Draft | undefined) {
  const [history, setHistory] = useState<History>(() => (kept ? edit(begin(saved), kept) : begin(saved)))
  const change = useCallback((next: Draft | ((draft: Draft) => Draft), tag?: string) => setHistory((now) => edit(now, typeof next === 'function' ? next(now.now) : next, tag)), [])
  return {
    draft: history.now, change,
    canUndo: history.past.length > 0, canRedo: history.future.length > 0,
    undo: useCallback(() => setHistory(undo), []), redo: useCallback(() => setHistory(redo), []),
  }
}

/** While something is not saved it is kept in this tab, and leaving asks. */
export function useKept(showId: string, draft: Draft, planVersion: number, unsaved: boolean) {
  useEffect(() => {
    if (unsaved) keepDraft(showId, { planVersion, draft })
    else forgetDraft(showId)
  }, [showId, draft, planVersion, unsaved])
  useEffect(() => {
    if (!unsaved) return
    const leaving = (event: BeforeUnloadEvent) => event.preventDefault()
    addEventListener('beforeunload', leaving)
    return () => removeEventListener('beforeunload', leaving)
  }, [unsaved])
}
