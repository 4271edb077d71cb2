import { type FormEvent, useState } from 'react'
import { useWords } from '../words/index.ts'
import { countTo, type Section } from './plan.ts'

export type Wish = { quantity: number; grade?: string; section?: string; together: boolean }

/** Good seats in one go; a standing floor is bought only this way, by number. */
export function Best({ grades, section, max, busy, onFind, onWhole }: { grades: string[]; section: Section | undefined; max: number; busy: boolean; onFind: (wish: Wish) => void; onWhole: () => void }) {
  const { hall: words, common } = useWords()
  const [quantity, setQuantity] = useState(Math.min(2, max))
  const [grade, setGrade] = useState('')
  const [together, setTogether] = useState(true)
  const find = (event: FormEvent) => {
    event.preventDefault()
    onFind({ quantity, together: section ? false : together, ...(section ? { section: section.name } : grade ? { grade } : {}) })
  }
  return (
    <form className="best" onSubmit={find}>
      <h2>{section ? words.sectionOf(section.name) : words.best}</h2>
      <p className="second">{section ? words.standingLead : words.bestLead}</p>
      <div className="row">
        <label>{words.quantity}<select value={quantity} onChange={(event) => setQuantity(Number(event.target.value))}>{countTo(max).map((n) => <option key={n} value={n}>{common.seats(n)}</option>)}</select></label>
        {section ? null : <label>{words.filter}<select value={grade} onChange={(event) => setGrade(event.target.value)}><option value="">{words.any}</option>{grades.map((each) => <option key={each}>{each}</option>)}</select></label>}
        {section ? null : <label className="check"><input type="checkbox" checked={together} onChange={(event) => setTogether(event.target.checked)} />{words.together}</label>}
      </div>
      <div className="row"><button type="submit" className="button" disabled={busy}>{words.find(quantity)}</button>{section ? <button type="button" className="quiet" onClick={onWhole}>{words.best}</button> : null}</div>
    </form>
  )
}
