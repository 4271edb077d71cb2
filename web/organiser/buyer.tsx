import { useCallback } from 'react'
import type { Buyer } from '../../src/gateway/buyers.ts'
import { get } from '../client.ts'
import { useAct } from '../data.ts'
import { timeOf, when, won } from '../language.ts'
import { Panel } from '../operations/board.tsx'
import { Steps } from '../pages/story.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Ticket } from '../parts/tickets.tsx'
import { useWords } from '../words/index.ts'
import { Appeals } from './appeals.tsx'
import { Notes } from './notes.tsx'
import { RefundSeats } from './refund-seats.tsx'
import { useSalesWords } from './sales-spoken.ts'

type Props = { buyer: Buyer; showId: string; grades: string[]; onChange: (buyer: Buyer) => void }

/** enough to find it in the record, which is open */
const recordNameShown = 12

/** One person: what was bought and what can be done about it, then what happened, what was said and what was written. */
export function BuyerCard({ buyer, showId, grades, onChange }: Props) {
  const { buyer: words, buyers } = useSalesWords()
  const { userId, email, name, recordName, steps, appeals, notes } = buyer
  const { act, problem } = useAct()
  // what was done is done, also when looking again fails
  const reload = useCallback(() => act(async () => onChange(await get<Buyer>(`/api/shows/${showId}/buyers/${userId}`))), [act, showId, userId, onChange])
  return (
    <article className="buyer" aria-label={name}>
      <Panel title={name}><p><span>{email}</span>{recordName ? <span className="note"> · {buyers.recordName(`${recordName.slice(0, recordNameShown)}…`)}</span> : null}</p><ProblemNotice problem={problem} /></Panel>
      <div className="stack">
        <Reservations reservations={buyer.reservations} showId={showId} grades={grades} reload={reload} />
        <Panel title={words.story}><p className="note">{words.storyLead}</p>{steps.length === 0 ? <p>{words.noStory}</p> : <Steps steps={steps} showId={showId} />}</Panel>
      </div>
      <div className="stack">
        <Notes showId={showId} userId={userId} notes={notes} reload={reload} />
        <Payments payments={buyer.payments} />
        <Appeals appeals={appeals} reload={reload} />
      </div>
    </article>
  )
}

/** With the last seat refunded it is cancelled: what was just done still has to be told. */
const paidOnce = new Set(['confirmed', 'cancelled'])
type Shown = { showId: string; grades: string[]; reload: () => Promise<void> }

function Reservations({ reservations, ...shown }: { reservations: Buyer['reservations'] } & Shown) {
  const { buyer: words } = useSalesWords()
  return (
    <Panel title={words.reservations}>
      {reservations.length === 0 ? <p className="note">{words.noReservations}</p> : reservations.toReversed().map((each) => <Reservation key={each.id} reservation={each} {...shown} />)}
    </Panel>
  )
}

function Reservation({ reservation, ...shown }: { reservation: Buyer['reservations'][number] } & Shown) {
  const { buyer: words } = useSalesWords()
  const { reservation: fan } = useWords()
  const { number, status, total, createdAt, expiresAt, lines } = reservation
  return (
    <section className="reservation stack" aria-label={fan.number(number)}>
      <div className="between"><h3>{fan.number(number)}</h3><span className="tag">{fan.statuses[status] ?? status}</span></div>
      <p className="note num">{when(createdAt)} · {words.total(won(total))}{expiresAt ? ` · ${words.until(timeOf(expiresAt))}` : ''}</p>
      {paidOnce.has(status) ? <RefundSeats reservation={reservation} {...shown} /> : <ul className="lines">{lines.map((line) => <li key={line.seatId}><Ticket line={line} grades={shown.grades} isExpired={status === 'expired'} /></li>)}</ul>}
    </section>
  )
}

function Payments({ payments }: { payments: Buyer['payments'] }) {
  const { buyer: words } = useSalesWords()
  return (
    <Panel title={words.payments}>
      {payments.length === 0 ? <p className="note">{words.noPayments}</p> : (
        <ul className="note-list">{payments.toReversed().map(({ id, status, amount, refunded, topUp, createdAt }) => (
          <li key={id}>
            <p className="between"><span>{words.payment[status] ?? status}</span><b className="num">{amount === null ? '' : won(amount)}</b></p>
            <p className="note num">{[when(createdAt), ...(topUp === null ? [] : [words.topUp(won(topUp))]), ...(refunded > 0 ? [words.refunded(won(refunded))] : [])].join(' · ')}</p>
          </li>
        ))}</ul>
      )}
    </Panel>
  )
}
