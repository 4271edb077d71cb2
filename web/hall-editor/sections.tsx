import { gradeOf, seatsIn } from '../../src/concert/plan-rules.ts'
import { GradeSign } from '../parts/grade.tsx'
import { type Draft, type DraftSection, gradeOrder } from './model.ts'
import { useHallEditorWords } from './spoken.ts'

type Props = { draft: Draft; chosen: string | undefined; locked: boolean; onChoose: (key: string) => void; onAdd: (kind: DraftSection['kind']) => void }

/** Every section of the hall, in plan order: the way to them without a map. */
export function Sections({ draft, chosen, locked, onChoose, onAdd }: Props) {
  const { sections: words } = useHallEditorWords()
  const order = gradeOrder(draft)
  return (
    <section className="panel all-sections">
      <h2 id="sections">{words.title}</h2>
      {draft.sections.length === 0 ? <p className="note">{words.none}</p> : null}
      <ul className="section-list" aria-labelledby="sections">
        {draft.sections.map((section) => (
          <li key={section.key}>
            <button type="button" aria-pressed={section.key === chosen} onClick={() => onChoose(section.key)}>
              <span className="signs">{gradesOfSection(section).map((grade) => <GradeSign key={grade} index={Math.max(0, order.indexOf(grade))} name={grade} />)}</span>
              <b>{section.name || '–'}</b><span className="num note">{words.seats(seatsIn(section))}</span>
            </button>
          </li>
        ))}
      </ul>
      {locked ? null : <div className="row"><button type="button" className="button small" onClick={() => onAdd('seated')}>{words.seated}</button><button type="button" className="button small" onClick={() => onAdd('standing')}>{words.standing}</button></div>}
    </section>
  )
}

const gradesOfSection = (section: DraftSection) => [...new Set(section.rows?.map((row) => gradeOf(section, row)) ?? [section.grade])]
