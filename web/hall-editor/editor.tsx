import '../styles/hall.css'
import '../styles/hall-editor.css'
import { type DragEvent, useState } from 'react'
import type { WirePlan, WireShow } from '../wire.ts'
import { useOpening, useSeatActs, useSectionActs } from './acts.ts'
import { useEditing, useHall } from './editing.ts'
import { Fields } from './fields.tsx'
import { Files } from './files.tsx'
import { Findings } from './findings-list.tsx'
import { Grades } from './grades.tsx'
import { EditorMap, type Mode } from './map.tsx'
import { SeatTool } from './seats.tsx'
import { SectionActs } from './section-acts.tsx'
import { Sections } from './sections.tsx'
import { useHallEditorWords } from './spoken.ts'
import { Start } from './start.tsx'
import { Bar, States } from './state.tsx'

type Props = { show: WireShow; plan: WirePlan; reload: () => void; again: () => void }

/** The hall of one show: sections, grades and files left, the hall in the middle, what is chosen at the right. */
export function Editor({ show, plan, reload, again }: Props) {
  const words = useHallEditorWords()
  const editing = useEditing(show, plan)
  const { draft, locked, edit, section, at, chosen, choose, picked, setPicked } = editing
  const shown = useHall(editing)
  const { hall, states, counts, findings, blocks, live } = shown
  const sections = useSectionActs(editing)
  const seats = useSeatActs(editing, shown)
  const { opening, open } = useOpening(editing)
  const [mode, setMode] = useState<Mode>('sections')
  const dropped = (event: DragEvent) => {
    const [file] = event.dataTransfer.files
    event.preventDefault()
    if (file && !locked) open(file)
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a file may be dropped anywhere; the button in Files does the same
    <div className="hall-editor" onDragOver={(event) => event.preventDefault()} onDrop={dropped}>
      <p className="hush" role="status">{editing.said}</p>
      <States show={show} saving={editing.saving} isKept={editing.isKept} liveProblem={live.problem} onTheirs={reload} onAgain={again} />
      {draft.sections.length === 0 && !locked ? <Start onStart={sections.start} onBlank={() => sections.add('seated')} /> : null}
      <div className="benches">
        <div className="bench">
          <Sections {...{ draft, chosen, locked }} onChoose={choose} onAdd={sections.add} />
          <Grades {...{ draft, counts, locked }} onChange={edit} />
          <Files {...{ draft, locked, opening }} onOpen={open} />
        </div>
        <div className="middle">
          {hall ? <Modes mode={mode} onMode={setMode} /> : null}
          {hall ? <EditorMap {...{ hall, states, picked, mode, locked }} chosen={at} onChoose={(index) => choose(index === undefined ? undefined : draft.sections[index]?.key)} onSeat={seats.toggle} onCursor={seats.describe} onMove={sections.move} onRemove={sections.remove} /> : null}
          {locked || !hall ? null : <Findings findings={findings} onShow={choose} />}
        </div>
        <div className="bench">
          <section className="panel chosen-section" aria-label={words.acts.title}>
            <h2>{section?.name || words.acts.title}</h2>
            {section && !locked ? <SectionActs isFirst={at === 0} isLast={at === draft.sections.length - 1} onDuplicate={sections.duplicate} onRemove={sections.remove} onOrder={sections.order} /> : null}
            {section ? <Fields {...{ draft, section, locked }} around={hall?.sections[at]?.around} onChange={edit} key={section.key} /> : <p className="note">{words.fields.none}</p>}
          </section>
          {hall ? <SeatTool {...{ draft, hall, states, blocks, chosen, picked }} busy={live.busy} onPick={setPicked} onBlock={seats.block} onUnblock={seats.unblock} onMark={locked ? undefined : seats.mark} /> : null}
        </div>
      </div>
      {locked ? null : <Bar editing={editing} total={hall?.seats.length ?? 0} isStopped={findings.some(({ stops }) => stops)} />}
    </div>
  )
}

function Modes({ mode, onMode }: { mode: Mode; onMode: (mode: Mode) => void }) {
  const { modes: words } = useHallEditorWords()
  return <fieldset className="modes"><legend className="hush">{words.label}</legend>{(['sections', 'seats'] as const).map((each) => <button type="button" key={each} className="button small" aria-pressed={mode === each} onClick={() => onMode(each)}>{words[each]}</button>)}</fieldset>
}
