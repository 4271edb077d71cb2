import { type FormEvent, useEffect, useState } from 'react'
import { concertLimits as limits } from '../../src/concert/limits.ts'
import { count, won } from '../language.ts'
import { Field, Labelled } from '../parts/field.tsx'
import { GradeSign } from '../parts/grade.tsx'
import type { Change } from './fields.tsx'
import { type Draft, type DraftPrice, gradeOrder, isGradeUsed, removeGrade, renameGrade, setPrice, withGrade } from './model.ts'
import { useHallEditorWords } from './spoken.ts'

type Counts = ReadonlyMap<string, { total: number; blocked: number }>
type Props = { draft: Draft; counts: Counts; locked: boolean; onChange: Change }
const priceMax = 1_000_000_000_000

/** The grades with their prices, how many places each has, and what all of it comes to. */
export function Grades({ draft, counts, locked, onChange }: Props) {
  const { grades: words } = useHallEditorWords()
  const order = gradeOrder(draft)
  const places = [...counts.values()].reduce((sum, { total }) => sum + total, 0)
  const income = draft.prices.reduce((sum, { grade, price }) => sum + (price ?? 0) * onSale(counts, grade), 0)
  return (
    <section className="panel">
      <h2>{words.title}</h2>
      <fieldset className="fields" disabled={locked}>
        <legend className="hush">{words.title}</legend>
        <ul className="grade-list">
          {draft.prices.map((price) => (
            <li key={price.key}>
              <GradeSign index={order.indexOf(price.grade)} name={price.grade} />
              <Name price={price} taken={order} onName={(name) => onChange((now) => renameGrade(now, price.key, name))} />
              <Price price={price} onPrice={(value) => onChange((now) => setPrice(now, price.key, value), `price ${price.key}`)} />
              <p className="note num">{words.capacity(counts.get(price.grade)?.total ?? 0)}{price.types?.length ? ` · ${words.types(price.types.length)}` : ''}</p>
              {locked || isGradeUsed(draft, price.grade) ? null : <button type="button" className="quiet" onClick={() => onChange((now) => removeGrade(now, price.key))}>{words.remove(price.grade)}</button>}
            </li>
          ))}
        </ul>
        {locked || draft.prices.length >= limits.gradesMax ? null : <NewGrade taken={order} onGrade={(grade) => onChange((now) => withGrade(now, grade))} />}
      </fieldset>
      <p className="between sum"><span>{words.total}</span><span className="num" data-total>{words.capacity(places)}</span></p>
      <p className="note num">{words.income(won(income))}</p>
    </section>
  )
}

const onSale = (counts: Counts, grade: string) => {
  const { total = 0, blocked = 0 } = counts.get(grade) ?? {}
  return total - blocked
}

/** Taken when it is left: on the way from S to SS a name may be that of another grade. */
function Name({ price, taken, onName }: { price: DraftPrice; taken: readonly string[]; onName: (name: string) => void }) {
  const { grades: words } = useHallEditorWords()
  const [typed, setTyped] = useState(price.grade)
  useEffect(() => setTyped(price.grade), [price.grade])
  const name = typed.trim()
  const isTaken = name !== price.grade && taken.includes(name)
  const take = () => (name === '' || isTaken ? setTyped(price.grade) : onName(name))
  return (
    <Labelled label={words.name} problem={isTaken ? words.taken : undefined}>{(tied) =>
      <input {...tied} value={typed} maxLength={limits.gradeNameMax} onChange={(event) => setTyped(event.target.value)} onBlur={take} onKeyDown={(event) => event.key === 'Enter' && take()} />
    }</Labelled>
  )
}

function Price({ price: { price, grade }, onPrice }: { price: DraftPrice; onPrice: (price: number | null) => void }) {
  const { grades: words } = useHallEditorWords()
  const [typed, setTyped] = useState<string>()
  const digits = (text: string) => text.replace(/[,\s원₩]/g, '')
  const wonIn = (text: string) => (/^\d{1,13}$/.test(digits(text)) && Number(digits(text)) <= priceMax ? Number(digits(text)) : undefined)
  const type = (text: string) => {
    setTyped(text)
    const value = wonIn(text)
    if (value !== undefined || digits(text) === '') onPrice(value ?? null)
  }
  const isWrong = typed !== undefined && digits(typed) !== '' && wonIn(typed) === undefined
  return (
    <Field label={words.price} name={`price of ${grade}`} inputMode="numeric" value={typed ?? (price === null ? '' : count(price))} hint={price === null ? words.noPrice : ''} problem={isWrong ? words.priceProblem : undefined} onChange={type} onBlur={() => setTyped(undefined)} />
  )
}

function NewGrade({ taken, onGrade }: { taken: readonly string[]; onGrade: (grade: string) => void }) {
  const { grades: words } = useHallEditorWords()
  const [typed, setTyped] = useState('')
  const name = typed.trim()
  const add = (event: FormEvent) => {
    event.preventDefault()
    if (name === '' || taken.includes(name)) return
    onGrade(name)
    setTyped('')
  }
  return (
    <form onSubmit={add} className="new-grade">
      <Field label={words.newName} name="new grade" value={typed} onChange={(text) => setTyped(text.slice(0, limits.gradeNameMax))} problem={name !== '' && taken.includes(name) ? words.taken : undefined} />
      <button type="submit" className="button small">{words.add}</button>
    </form>
  )
}
