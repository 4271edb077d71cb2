import { useState } from 'react'
import type { Buyer } from '../../src/gateway/buyers.ts'
import { post } from '../client.ts'
import { useAct } from '../data.ts'
import { won } from '../language.ts'
import { Confirm } from '../parts/dialog.tsx'
import { Field } from '../parts/field.tsx'
import { Notice, ProblemNotice } from '../parts/notice.tsx'
import { seatName, Ticket } from '../parts/tickets.tsx'
import { useWords } from '../words/index.ts'
import { useSalesWords } from './sales-spoken.ts'

type Reservation = Buyer['reservations'][number]
type Made = { refund: number; seatIds: number[]; reservation: Pick<Reservation, 'lines'> }
const reasonMax = 200

/** Seats of a paid reservation are given back one by one, with a reason, their sum before anything is asked, and what the fan sees after it. */
export function RefundSeats({ reservation: { id, status, lines }, showId, grades, reload }: { reservation: Reservation; showId: string; grades: string[]; reload: () => Promise<void> }) {
  const { refund: words } = useSalesWords()
  const { hall } = useWords()
  const [wanted, setWanted] = useState<number[]>([])
  const [reason, setReason] = useState('')
  const [missing, setMissing] = useState(false)
  const [asked, setAsked] = useState(false)
  const [made, setMade] = useState<Made>()
  const { act, busy, problem } = useAct()
  const open = status === 'confirmed'
  const chosen = lines.filter((line) => line.status === 'active' && wanted.includes(line.seatId))
  const sum = won(chosen.reduce((total, { price, fee }) => total + price + fee, 0))
  const toggle = (seatId: number) => setWanted((known) => (known.includes(seatId) ? known.filter((each) => each !== seatId) : [...known, seatId]))
  const ask = () => {
    setMissing(reason.trim() === '')
    setAsked(reason.trim() !== '')
  }
  const refund = () => act(async (key) => {
    setAsked(false)
    const answer = await post<Made>(`/api/shows/${showId}/refunds`, { reservationId: id, seatIds: chosen.map(({ seatId }) => seatId), reason: reason.trim() }, { key })
    setMade(answer)
    setWanted([])
    setReason('')
    await reload()
  })
  return (
    <>
      {made ? <Done made={made} grades={grades} /> : null}
      <ul className="lines">{lines.map((line) => (
        <li key={line.seatId}><Ticket line={line} grades={grades} control={open && line.status === 'active' ? <input type="checkbox" checked={wanted.includes(line.seatId)} disabled={busy} aria-label={words.seat(seatName(hall, line))} onChange={() => toggle(line.seatId)} /> : null} /></li>
      ))}</ul>
      {open ? (
        <div className="stack">
          {chosen.length === 0 ? <p className="note">{words.lead}</p> : <Field label={words.reason} name={`reason-${id}`} value={reason} onChange={(text) => setReason(text.slice(0, reasonMax))} hint={words.reasonHint} problem={missing && reason.trim() === '' ? words.noReason : undefined} autoComplete="off" />}
          <ProblemNotice problem={problem} />
          <button type="button" className="button stop" disabled={busy || chosen.length === 0} onClick={ask}>{chosen.length === 0 ? words.none : words.act(chosen.length, sum)}</button>
        </div>
      ) : null}
      {asked ? (
        <Confirm title={words.sure(chosen.length)} yes={words.yes} no={words.keep} stop onYes={() => void refund()} onNo={() => setAsked(false)}>
          <p>{words.body(sum)}</p><p className="note">{chosen.map((line) => seatName(hall, line)).join(' / ')}</p><p className="note">{words.why(reason.trim())}</p>
        </Confirm>
      ) : null}
    </>
  )
}

/** In the fan's own words and tickets. */
function Done({ made: { refund, seatIds, reservation: { lines } }, grades }: { made: Made; grades: string[] }) {
  const { refund: words } = useSalesWords()
  const { reservation: fan } = useWords()
  return (
    <>
      <Notice tone="good" title={words.done(won(refund))}>{words.doneBody}</Notice>
      <section className="fan-view" aria-label={words.seen}>
        <h4 className="note">{words.seen}</h4>
        <p><b>{fan.refunded(won(refund))}</b></p>
        <ul className="lines">{lines.filter(({ seatId }) => seatIds.includes(seatId)).map((line) => <li key={line.seatId}><Ticket line={line} grades={grades} /></li>)}</ul>
      </section>
    </>
  )
}
