import { useState } from 'react'
import { concertLimits as limits } from '../../src/concert/limits.ts'
import type { SeatMark } from '../../src/concert/plan-rules.ts'
import type { Hall } from '../hall/plan.ts'
import { Field, Labelled } from '../parts/field.tsx'
import { blockedCode, type Draft } from './model.ts'
import { seatsNamed, textOf } from './seat-text.ts'
import { useHallEditorWords } from './spoken.ts'

export type Block = { reason: string; seats: number[] }
type Mark = Exclude<SeatMark, 'blocked'>
type Props = {
  draft: Draft; hall: Hall; states: Uint8Array; blocks: readonly Block[]; chosen: string | undefined; picked: ReadonlySet<number>; busy: boolean
  onPick: (seats: ReadonlySet<number>) => void; onBlock: (seats: number[], reason: string) => void; onUnblock: (seats: number[]) => void
  /** undefined: the plan is fixed */
  onMark: ((mark: Mark, on: boolean) => void) | undefined
}
const marks: Mark[] = ['accessible', 'companion', 'restrictedView', 'aisle']

/** Seats by text or from the map: what they are, and whether they are on sale. */
export function SeatTool({ draft, hall, states, blocks, chosen, picked, busy, onPick, onBlock, onUnblock, onMark }: Props) {
  const { seats: words } = useHallEditorWords()
  const [reason, setReason] = useState('')
  const [asked, setAsked] = useState(false)
  const seats = [...picked]
  const blockedSeats = seats.filter((i) => states[i] === blockedCode)
  const isMarked = (mark: Mark) => seats.length > 0 && seats.every((i) => hall.seats[i]?.attributes.includes(mark))
  const block = () => {
    setAsked(true)
    if (reason.trim() !== '') onBlock(seats, reason.trim())
  }
  return (
    <section className="panel single-seats">
      <h2>{words.title}</h2>
      <Named draft={draft} chosen={chosen} picked={picked} onPick={onPick} />
      <p className="between"><span className="num">{picked.size > 0 ? words.chosen(picked.size) : words.none}</span>{picked.size > 0 ? <button type="button" className="quiet" onClick={() => onPick(new Set())}>{words.clear}</button> : null}</p>
      {onMark ? <fieldset className="marks"><legend>{words.marked}</legend>{marks.map((mark) => <button type="button" key={mark} className="button small" aria-pressed={isMarked(mark)} disabled={picked.size === 0} onClick={() => onMark(mark, !isMarked(mark))}>{words.marks[mark]}</button>)}</fieldset> : null}
      <Field label={words.reason} name="reason" value={reason} hint={words.reasonHint} problem={asked && reason.trim() === '' ? words.reasonNeeded : undefined} onChange={(text) => setReason(text.slice(0, limits.reasonMax))} />
      <div className="row">
        <button type="button" className="button small" disabled={busy || seats.length === 0} onClick={block}>{words.block}</button>
        <button type="button" className="button small" disabled={busy || blockedSeats.length === 0} onClick={() => onUnblock(blockedSeats)}>{words.unblock}</button>
      </div>
      <h3>{words.blockedTitle}</h3>
      {blocks.length === 0 ? <p className="note">{words.noneBlocked}</p> : null}
      <ul className="block-list">
        {blocks.map(({ reason: why, seats: of }) => <li key={why}><button type="button" className="quiet" onClick={() => onPick(new Set(of))}>{why}</button> <span className="note num">{words.blocked(of.length)} · {textOf(draft.sections, new Set(of))}</span></li>)}
      </ul>
    </section>
  )
}

function Named({ draft, chosen, picked, onPick }: Pick<Props, 'draft' | 'chosen' | 'picked' | 'onPick'>) {
  const { seats: words } = useHallEditorWords()
  const [typed, setTyped] = useState<string>()
  const inSection = draft.sections.findIndex(({ key }) => key === chosen)
  const type = (text: string) => {
    setTyped(text)
    onPick(new Set(seatsNamed(draft.sections, text, inSection < 0 ? undefined : inSection).seats))
  }
  const unknown = typed === undefined ? [] : seatsNamed(draft.sections, typed, inSection < 0 ? undefined : inSection).unknown
  const problem = unknown.length > 0
  return (
    <Labelled label={words.text} hint={words.textHint} problem={problem ? words.unknown(unknown.join(', ')) : undefined}>{(tied) =>
      <textarea {...tied} rows={2} value={typed ?? textOf(draft.sections, picked)} onChange={(event) => type(event.target.value)} onBlur={() => setTyped(problem ? typed : undefined)} />
    }</Labelled>
  )
}
