import { count, won } from '../language.ts'
import { GradeSign } from '../parts/grade.tsx'
import { useWords } from '../words/index.ts'
import type { Hall } from './plan.ts'
import { freeCount } from './states.ts'

type Props = { hall: Hall; states: Uint8Array; grades: string[]; prices: Map<string, number>; filter: ReadonlySet<number>; onFilter: (filter: Set<number>) => void }

/** The legend is the filter: letter, shape, price and how many are left, each a button. */
export function Legend({ hall, states, grades, prices, filter, onFilter }: Props) {
  const { hall: words } = useWords()
  const left = grades.map(() => 0)
  for (const section of hall.sections) for (const { gradeIndex, first, last } of section.bands) left[gradeIndex] = (left[gradeIndex] ?? 0) + freeCount(states, first, last)
  const toggle = (index: number) => {
    const next = new Set(filter)
    if (!next.delete(index)) next.add(index)
    onFilter(next)
  }
  return (
    <ul className="legend" aria-label={words.filter}>
      {grades.map((grade, index) => (
        <li key={grade}>
          <button type="button" aria-pressed={filter.has(index)} onClick={() => toggle(index)}>
            <GradeSign index={index} name={grade} /><span><b>{grade}</b> <span className="num">{won(prices.get(grade) ?? 0)}</span> <span className="second num">{words.left(count(left[index] ?? 0))}</span></span>
            {filter.has(index) ? <span aria-hidden="true">✓</span> : null}
          </button>
        </li>
      ))}
    </ul>
  )
}

/** The forms of the states, in words. */
export function Signs() {
  const { hall: words } = useWords()
  return (
    <ul className="signs">
      <li><svg viewBox="0 0 20 20" aria-hidden="true"><circle cx="10" cy="10" r="8" fill="#B9B4C0" /></svg>{words.states[0]}</li>
      <li><svg viewBox="0 0 20 20" aria-hidden="true"><circle cx="10" cy="10" r="7" fill="none" stroke="#8D8899" strokeWidth="1.500" /></svg>{words.states[1]}</li>
      <li><svg viewBox="0 0 20 20" aria-hidden="true"><circle cx="10" cy="10" r="3.400" fill="#8D8899" /></svg>{words.states[2]}</li>
      <li><svg viewBox="0 0 20 20" aria-hidden="true"><path d="M5 5l10 10M15 5L5 15" stroke="#8D8899" strokeWidth="1.200" /></svg>{words.states[3]}</li>
      <li><svg viewBox="0 0 20 20" aria-hidden="true"><circle cx="10" cy="10" r="8" fill="#F7C25C" stroke="#F3F0E8" strokeWidth="2" /><path d="M6.500 10l2.500 2.500 4.500-5" fill="none" stroke="#131218" strokeWidth="2" /></svg>{words.chosenState}</li>
    </ul>
  )
}
