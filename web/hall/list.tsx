import { useState } from 'react'
import { won } from '../language.ts'
import { GradeSign } from '../parts/grade.tsx'
import { seatName } from '../parts/tickets.tsx'
import { useWords } from '../words/index.ts'
import { countTo, type Hall, type Row, type Section } from './plan.ts'
import { freeCount, longestRun } from './states.ts'

type Props = { hall: Hall; states: Uint8Array; chosen: ReadonlySet<number>; mine: ReadonlySet<number>; filter: ReadonlySet<number>; prices: Map<string, number>; togetherMax: number; onSeat: (index: number) => void; onSection: (section: Section) => void }

/** Everything the map can do, without a map: section, row, seat. What changes changes in place, nothing moves under the finger. */
export function SeatList({ hall, states, chosen, mine, filter, prices, togetherMax, onSeat, onSection }: Props) {
  const { hall: words } = useWords()
  const [together, setTogether] = useState(1)
  const [open, setOpen] = useState<string>()
  const isLit = ({ gradeIndex }: { gradeIndex: number }) => filter.size === 0 || filter.has(gradeIndex)
  const sections = hall.sections.filter(({ bands }) => bands.some(isLit))
  return (
    <div className="list">
      <label className="together">{words.together}<select value={together} onChange={(event) => setTogether(Number(event.target.value))}>
        {countTo(togetherMax).map((n) => <option key={n} value={n}>{words.atLeast(n)}</option>)}
      </select></label>
      <ul>
        {sections.map((section) => (
          <li key={section.first}>
            <SectionHead hall={hall} section={section} states={states} prices={prices} open={open === section.name} onOpen={() => (section.standing ? onSection(section) : setOpen(open === section.name ? undefined : section.name))} />
            {open === section.name && !section.standing ? <ul className="rows">{section.rows.filter(isLit).map((row) => <RowSeats key={row.first} {...{ hall, row, states, chosen, mine, onSeat }} grade={section.bands.length > 1 ? hall.seats[row.first]?.grade : undefined} wanted={together} />)}</ul> : null}
          </li>
        ))}
      </ul>
      {sections.length === 0 ? <p>{words.empty}</p> : null}
    </div>
  )
}

type HeadProps = Pick<Props, 'hall' | 'states' | 'prices'> & { section: Section; open: boolean; onOpen: () => void }

function SectionHead({ hall, section, states, prices, open, onOpen }: HeadProps) {
  const { hall: words } = useWords()
  const left = freeCount(states, section.first, section.last)
  const grades = new Map(section.bands.map(({ first, gradeIndex }) => [hall.seats[first]?.grade ?? '', gradeIndex]))
  return (
    <button type="button" className="section" aria-expanded={section.standing ? undefined : open} disabled={section.standing && left === 0} onClick={onOpen}>
      {[...grades].map(([grade, index]) => <GradeSign key={grade} index={index} name={grade} />)}
      <b>{words.sectionOf(section.name)}</b><span>{[...grades.keys()].map((grade) => `${grade} · ${won(prices.get(grade) ?? 0)}`).join(', ')}</span><span className="num second">{words.left(left.toLocaleString())}</span>
    </button>
  )
}

type RowProps = Pick<Props, 'hall' | 'states' | 'chosen' | 'mine' | 'onSeat'> & { row: Row; grade: string | undefined; wanted: number }

function RowSeats({ hall, row, grade, states, chosen, mine, onSeat, wanted }: RowProps) {
  const { hall: words } = useWords()
  if (wanted > 1 && longestRun(states, row.first, row.last) < wanted) return null
  const indexes = Array.from({ length: row.last - row.first }, (_, i) => row.first + i)
  return (
    <li>
      <p>{grade === undefined ? null : <GradeSign index={row.gradeIndex} name={grade} />} <b>{words.rowOf(row.name)}</b> {grade} <span className="num second">{words.left(String(freeCount(states, row.first, row.last)))}</span></p>
      <fieldset className="seats" aria-label={words.rowOf(row.name)}>
        {indexes.map((i) => {
          const seat = hall.seats[i]
          if (!seat) return null
          const state = mine.has(i) ? words.mine : (words.states[states[i] ?? 0] ?? '')
          const can = states[i] === 0 || chosen.has(i) || mine.has(i)
          const extra = seat.attributes.map((name) => ({ accessible: words.accessible, companion: words.companion, restrictedView: words.restrictedView, aisle: words.aisle })[name] ?? name)
          return <button type="button" key={i} aria-pressed={chosen.has(i)} aria-disabled={!can} onClick={() => can && onSeat(i)}><span aria-hidden="true">{seat.number}</span><span className="hush">{[seatName(words, seat), ...extra, state].join(', ')}</span></button>
        })}
      </fieldset>
    </li>
  )
}
