import { useRef } from 'react'
import type { Plan } from '../../src/concert/api.ts'
import { contradictionsOf } from '../../src/concert/plan-rules.ts'
import { csvOf, Unreadable } from '../../src/concert/plan-text.ts'
import { saveFile } from '../parts/files.ts'
import { Notice } from '../parts/notice.tsx'
import { type Draft, planOf } from './model.ts'
import { BadFile, readPlan } from './read-plan.ts'
import { contradictionText, useHallEditorWords, wrongText } from './spoken.ts'
import type { HallEditorWords } from './words.ts'

export type Opening = { name: string; problem?: string }
const bytesMax = 8 * 1_024 * 1_024
/** These can be put right in the editor; with the others there is no hall to show. */
const mendable = new Set(['section_twice', 'row_twice', 'section_name', 'row_name', 'no_reason', 'reason_of_nothing', 'curve_too_tight', 'too_many_grades'])

/** The plan as files: what is shown goes out, what is opened is shown and not saved yet. */
export function Files({ draft, locked, opening, onOpen }: { draft: Draft; locked: boolean; opening: Opening | undefined; onOpen: (file: File) => void }) {
  const { files: words } = useHallEditorWords()
  const picker = useRef<HTMLInputElement>(null)
  const plan = planOf(draft)
  return (
    <section className="panel">
      <h2>{words.title}</h2>
      <div className="row">
        <button type="button" className="button small" disabled={plan.sections.length === 0} onClick={() => saveFile(new Blob([JSON.stringify(plan, null, 2)], { type: 'application/json' }), 'hall.json')}>{words.json}</button>
        <button type="button" className="button small" disabled={plan.sections.length === 0} onClick={() => saveFile(new Blob(['\uFEFF', csvOf(plan)], { type: 'text/csv' }), 'hall.csv')}>{words.csv}</button>
        {locked ? null : <button type="button" className="button small" onClick={() => picker.current?.click()}>{words.open}</button>}
      </div>
      <input ref={picker} type="file" accept=".json,.csv,application/json,text/csv" hidden aria-label={words.open} onChange={(event) => {
        const file = event.target.files?.[0]
        event.target.value = ''
        if (file) onOpen(file)
      }} />
      {locked ? null : <p className="note">{words.drop}</p>}
      {opening ? <Notice tone={opening.problem === undefined ? 'good' : 'bad'} title={opening.problem === undefined ? words.opened(opening.name) : words.bad(opening.name)}>{opening.problem ?? words.openedBody}</Notice> : null}
    </section>
  )
}

/** Reads a file; what is wrong with it comes back in words, with its line or field. */
export async function openPlan(file: File, words: HallEditorWords): Promise<{ plan: Plan } | { problem: string }> {
  if (file.size > bytesMax) return { problem: words.files.large }
  try {
    const plan = readPlan(await file.text())
    const wrong = contradictionsOf(plan).find(({ what }) => !mendable.has(what))
    if (!wrong) return { plan }
    const place = wrong.section === undefined ? '' : `${plan.sections[wrong.section]?.name}: `
    return { problem: `${place}${contradictionText(words.findings, wrong)}` }
  } catch (error) {
    if (error instanceof BadFile) return { problem: error.wrong.place === '' ? wrongText(words.files, error.wrong) : words.files.place(error.wrong.place, wrongText(words.files, error.wrong)) }
    if (error instanceof Unreadable) return { problem: error.line === undefined ? error.wrong : words.files.line(error.line, error.wrong) }
    throw error
  }
}
