import { useEffect, useState } from 'react'
import { concertLimits as limits } from '../../src/concert/limits.ts'
import { Field, Labelled } from '../parts/field.tsx'
import type { Box } from '../hall/stand.ts'
import { changeSection, type Draft, type DraftSection, gradeOrder, reshape } from './model.ts'
import { NumberField } from './number-field.tsx'
import { gradeIn, type Range, renameRow, renameRows, setCapacity, setGrade, setRowCount, setRowSeats } from './rows.ts'
import { useHallEditorWords } from './spoken.ts'

export type Change = (change: (draft: Draft) => Draft, tag?: string) => void
type Props = { draft: Draft; section: DraftSection; around: Box | undefined; locked: boolean; onChange: Change }

/** Everything about one section: what it is, how it stands, and its rows. */
export function Fields({ draft, section, around, locked, onChange }: Props) {
  const { fields: words } = useHallEditorWords()
  const { key, rows, capacity, shape } = section
  const grades = gradeOrder(draft)
  const at = { x: shape?.x ?? middle(around?.x, around?.w), y: shape?.y ?? middle(around?.y, around?.h) }
  const form = (name: 'x' | 'y' | 'angle' | 'curve' | 'seatPitch' | 'rowPitch' | 'width' | 'depth', label: string, min: number, max: number, more: { value?: number; step?: number; hint?: string; slider?: boolean } = {}) => (
    <NumberField label={label} min={min} max={max} value={more.value ?? shape?.[name] ?? 0} step={more.step ?? 1} hint={more.hint} slider={more.slider ?? false} onValue={(value) => onChange((now) => reshape(now, key, { [name]: value }), `${name} ${key}`)} />
  )
  return (
    <fieldset className="fields" disabled={locked}>
      <legend className="hush">{section.name}</legend>
      <Field label={words.name} name="section" value={section.name} onChange={(name) => onChange((now) => changeSection(now, key, (each) => ({ ...each, name: name.slice(0, limits.sectionNameMax) })), `name ${key}`)} />
      <GradeField label={words.grade} grades={grades} value={gradeIn(section)} onGrade={(grade) => onChange((now) => setGrade(now, key, grade))} />
      {rows ? (
        <div className="two">
          <NumberField label={words.rows} whole min={1} max={limits.rowsMax} value={rows.length} onValue={(count) => onChange((now) => setRowCount(now, key, count), `rows ${key}`)} />
          <NumberField label={words.rowSeats} whole min={1} max={limits.rowSeatsMax} value={alike(rows.map(({ seats }) => seats))} hint={alike(rows.map(({ seats }) => seats)) === undefined ? words.mixedSeats : undefined} onValue={(seats) => onChange((now) => setRowSeats(now, key, seats), `seats ${key}`)} />
        </div>
      ) : <NumberField label={words.capacity} whole min={1} max={limits.seatsMax} value={capacity} onValue={(count) => onChange((now) => setCapacity(now, key, count), `capacity ${key}`)} />}
      {rows ? <FirstRow first={rows[0]?.name ?? ''} onFirst={(first) => onChange((now) => renameRows(now, key, first), `first ${key}`)} key={`first ${key}`} /> : null}
      {rows ? <SomeRows section={section} grades={grades} onChange={onChange} key={`${key} ${rows.length}`} /> : null}
      <h3>{words.place}</h3>
      {shape ? null : <p className="note">{words.byItself}</p>}
      <div className="two">{form('x', words.x, -limits.hallReachMax, limits.hallReachMax, { value: at.x, step: 0.5 })}{form('y', words.y, -limits.hallReachMax, limits.hallReachMax, { value: at.y, step: 0.5 })}</div>
      <p className="note">{words.xHint}</p>
      {form('angle', words.angle, -180, 180, { slider: true })}
      {form('curve', words.curve, -180, 180, { slider: true, hint: words.curveHint })}
      {rows ? (
        <>
          <div className="two">{form('seatPitch', words.seatPitch, limits.pitchMin, limits.pitchMax, { value: shape?.seatPitch ?? 1, step: 0.1 })}{form('rowPitch', words.rowPitch, limits.pitchMin, limits.pitchMax, { value: shape?.rowPitch ?? 1, step: 0.1 })}</div>
          <Side mirrored={shape?.mirrored ?? false} onMirrored={(mirrored) => onChange((now) => reshape(now, key, { mirrored: mirrored || undefined }))} />
        </>
      ) : <div className="two">{form('width', words.width, 1, limits.floorSizeMax, { value: shape?.width ?? Math.round(around?.w ?? 1) })}{form('depth', words.depth, 1, limits.floorSizeMax, { value: shape?.depth ?? Math.round(around?.h ?? 1) })}</div>}
    </fieldset>
  )
}

const alike = (numbers: number[]) => (new Set(numbers).size === 1 ? numbers[0] : undefined)
const middle = (from = 0, size = 0) => Math.round((from + size / 2) * 2) / 2

function GradeField({ label, grades, value, onGrade }: { label: string; grades: string[]; value: string | undefined; onGrade: (grade: string) => void }) {
  const { fields: words } = useHallEditorWords()
  return (
    <Labelled label={label}>{(tied) => (
      <select {...tied} value={value ?? ''} onChange={(event) => onGrade(event.target.value)}>
        {value === undefined ? <option value="" disabled>{words.mixed}</option> : null}
        {grades.map((grade) => <option key={grade} value={grade}>{grade}</option>)}
      </select>
    )}</Labelled>
  )
}

function Side({ mirrored, onMirrored }: { mirrored: boolean; onMirrored: (mirrored: boolean) => void }) {
  const { fields: words } = useHallEditorWords()
  return <Labelled label={words.from}>{(tied) => <select {...tied} value={mirrored ? 'right' : 'left'} onChange={(event) => onMirrored(event.target.value === 'right')}><option value="left">{words.fromLeft}</option><option value="right">{words.fromRight}</option></select>}</Labelled>
}

/** Names all rows when it is left, so that typing 가 does not pass through names nobody meant. */
function FirstRow({ first, onFirst }: { first: string; onFirst: (first: string) => void }) {
  const { fields: words } = useHallEditorWords()
  const [typed, setTyped] = useState(first)
  useEffect(() => setTyped(first), [first])
  const take = () => {
    const name = typed.trim().slice(0, limits.rowNameMax)
    if (name !== '' && name !== first) onFirst(name)
    else setTyped(first)
  }
  return <Labelled label={words.firstRow} hint={words.firstRowHint}>{(tied) => <input {...tied} value={typed} maxLength={limits.rowNameMax} onChange={(event) => setTyped(event.target.value)} onBlur={take} onKeyDown={(event) => event.key === 'Enter' && take()} />}</Labelled>
}

/** Rows from one to another: their grade, their seats, and the name of a single one. */
function SomeRows({ section, grades, onChange }: Pick<Props, 'section' | 'onChange'> & { grades: string[] }) {
  const { fields: words } = useHallEditorWords()
  const { key, rows = [] } = section
  const [{ from, to }, setRange] = useState<Range>({ from: 0, to: rows.length - 1 })
  const range = { from: Math.min(from, to), to: Math.max(from, to) }
  const within = rows.slice(range.from, range.to + 1)
  const options = [...rows.entries()].map(([i, row]) => <option key={i} value={i}>{row.name}</option>)
  return (
    <details className="some-rows">
      <summary>{words.someRows}</summary>
      <div className="two">
        <Labelled label={words.firstOf}>{(tied) => <select {...tied} value={from} onChange={(event) => setRange({ from: Number(event.target.value), to })}>{options}</select>}</Labelled>
        <Labelled label={words.lastOf}>{(tied) => <select {...tied} value={to} onChange={(event) => setRange({ from, to: Number(event.target.value) })}>{options}</select>}</Labelled>
      </div>
      <div className="two">
        <GradeField label={words.grade} grades={grades} value={gradeIn(section, range)} onGrade={(grade) => onChange((now) => setGrade(now, key, grade, range))} />
        <NumberField label={words.rowSeats} whole min={1} max={limits.rowSeatsMax} value={alike(within.map(({ seats }) => seats))} onValue={(seats) => onChange((now) => setRowSeats(now, key, seats, range), `seats ${key} ${range.from}-${range.to}`)} />
      </div>
      {range.from === range.to ? <Field label={words.rowName} name="row" value={rows[range.from]?.name ?? ''} onChange={(name) => onChange((now) => renameRow(now, key, range.from, name.slice(0, limits.rowNameMax)), `row ${key} ${range.from}`)} /> : null}
    </details>
  )
}
