import { useEffect, useMemo, useState } from 'react'
import { blockedIn } from '../../src/seat/plan-seats.ts'
import type { WirePlan, WireShow } from '../wire.ts'
import { keptDraft, useDrafting, useKept } from './drafting.ts'
import { findingsOf } from './findings.ts'
import { useLiveSeats } from './live.ts'
import { countsOf, type Draft, draftOf, hallOf, planOf, statesOf } from './model.ts'
import { useSaving } from './saving.ts'
import { useHallEditorWords } from './spoken.ts'

export type Editing = ReturnType<typeof useEditing>
const noCounts: ReturnType<typeof countsOf> = new Map()

/** The hall of a show being edited: its draft with history, what is chosen of it, and what is said of each change. */
export function useEditing(show: WireShow, plan: WirePlan) {
  const words = useHallEditorWords()
  const locked = show.status !== 'draft'
  const [opened] = useState(() => ({ saved: draftOf(plan.sections.length > 0 ? { sections: plan.sections } : null, show.prices), kept: locked ? undefined : keptDraft(show.id) }))
  const drafting = useDrafting(opened.saved, opened.kept?.draft)
  const { draft, change } = drafting
  const saving = useSaving(show.id, opened.saved, opened.kept?.planVersion ?? plan.planVersion, draft)
  useKept(show.id, draft, saving.planVersion, saving.unsaved && !locked)
  const [chosen, setChosen] = useState<string>()
  const [picked, setPicked] = useState<ReadonlySet<number>>(new Set())
  const [said, say] = useState('')

  /** Picked seats are places in the plan: after another change of it they would be others. */
  const edit = (next: (draft: Draft) => Draft, tag?: string) => {
    setPicked(new Set())
    change(next, tag)
  }
  const choose = (key: string | undefined) => {
    const name = draft.sections.find((each) => each.key === key)?.name
    setChosen(key)
    if (name !== undefined && key !== chosen) say(words.sections.chosen(name))
  }
  const takeBack = (what: 'undo' | 'redo') => {
    if (!(what === 'undo' ? drafting.canUndo : drafting.canRedo)) return
    setPicked(new Set())
    drafting[what]()
    say(what === 'undo' ? words.acts.undone : words.acts.redone)
  }
  useShortcuts(locked, takeBack)
  return {
    show, locked, draft, change, edit, saving, takeBack, canUndo: drafting.canUndo, canRedo: drafting.canRedo, isKept: opened.kept !== undefined && saving.unsaved,
    chosen, section: draft.sections.find(({ key }) => key === chosen), at: draft.sections.findIndex(({ key }) => key === chosen), choose, setChosen, picked, setPicked, said, say,
  }
}

/** How the draft looks as a hall, and what is or would be for sale in it. */
export function useHall({ show, draft }: Editing) {
  const live = useLiveSeats(show.id, show.status === 'published')
  const hall = useMemo(() => (draft.sections.length > 0 ? hallOf(draft) : undefined), [draft])
  const planned = useMemo(() => statesOf(draft), [draft])
  const states = live.states?.length === planned.length ? live.states : planned
  const counts = useMemo(() => (hall ? countsOf(hall, states) : noCounts), [hall, states])
  const findings = useMemo(() => findingsOf(draft, hall), [draft, hall])
  const blocks = useMemo(() => (live.isLive ? live.blocks : [...blockedIn(planOf(draft))].map(([reason, ids]) => ({ reason, seats: ids.map((id) => id - 1) }))), [draft, live.isLive, live.blocks])
  return { live, hall, states, counts, findings, blocks }
}

/** Ctrl+Z and Ctrl+Y, but in a field they are the field's. */
function useShortcuts(locked: boolean, onTakeBack: (what: 'undo' | 'redo') => void) {
  useEffect(() => {
    if (locked) return
    const pressed = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || /^(INPUT|TEXTAREA|SELECT)$/.test((event.target as HTMLElement).tagName)) return
      const key = event.key.toLowerCase()
      if (key !== 'z' && key !== 'y') return
      event.preventDefault()
      onTakeBack(key === 'y' || event.shiftKey ? 'redo' : 'undo')
    }
    addEventListener('keydown', pressed)
    return () => removeEventListener('keydown', pressed)
  }, [locked, onTakeBack])
}
