import { useState } from 'react'
import { get, post } from '../client.ts'
import { useAct, useNow, useRead } from '../data.ts'
import { timeOf, when, won } from '../language.ts'
import { Confirm } from '../parts/dialog.tsx'
import { Loaded, Own, Page } from '../parts/frame.tsx'
import { Notice, ProblemNotice } from '../parts/notice.tsx'
import { gradesOf } from '../parts/looks.ts'
import { seatName, Ticket } from '../parts/tickets.tsx'
import { Link } from '../router.tsx'
import type { Listed, WireReservation, WireShow } from '../wire.ts'
import { useWords } from '../words/index.ts'

export function ReservationsPage() {
  const { reservation } = useWords()
  return <Own title={reservation.title}><Reservations /></Own>
}

function Reservations() {
  const { reservation: words, problem } = useWords()
  const read = useRead<Listed<WireReservation>>('/api/reservations?limit=20')
  return (
    <Page title={words.title} width="lists">
      <Loaded read={read}>{(first) => first.items.length === 0
        ? <Notice title={words.none} actions={<Link to="/" className="button small">{problem.toHome}</Link>} />
        : <Pages first={first} key={first.items[0]?.id} />}</Loaded>
    </Page>
  )
}

function Pages({ first }: { first: Listed<WireReservation> }) {
  const { common } = useWords()
  const [more, setMore] = useState<Listed<WireReservation>>({ items: [], nextCursor: first.nextCursor })
  const { act, busy, problem } = useAct()
  const next = () => act(async () => {
    const page = await get<Listed<WireReservation>>(`/api/reservations?limit=20&cursor=${more.nextCursor}`)
    setMore({ items: [...more.items, ...page.items], nextCursor: page.nextCursor })
  })
  return (
    <>
      <ul className="stack">{[...first.items, ...more.items].map((each) => <li key={each.id}><Row reservation={each} /></li>)}</ul>
      <ProblemNotice problem={problem} />
      {more.nextCursor ? <button type="button" className="button" disabled={busy} onClick={() => void next()}>{common.more}</button> : null}
    </>
  )
}

function StatusTag({ status }: { status: string }) {
  const { reservation: words } = useWords()
  const tone = status === 'confirmed' ? 'good' : status === 'pending' || status === 'paying' ? 'mine' : ''
  return <span className={`tag ${tone}`}>{words.statuses[status] ?? status}</span>
}

function Row({ reservation }: { reservation: WireReservation }) {
  const { hall, reservation: words } = useWords()
  const show = useRead<WireShow>(`/api/shows/${reservation.showId}`)
  const seats = reservation.lines.filter(({ status }) => status === 'active' || reservation.total === 0)
  return (
    <article className="card stack">
      <div className="row"><h2><Link to={`/reservations/${reservation.id}`}>{show.data?.title ?? words.number(reservation.number)}</Link></h2><StatusTag status={reservation.status} /></div>
      <p className="note">{show.data ? `${show.data.venue} · ${when(show.data.startsAt, show.data.timeZone)}` : ''}</p>
      <p>{seats.map((line) => seatName(hall, line)).join(' / ')}</p>
      {reservation.status === 'pending' ? <p className="row"><Link to={`/checkout/${reservation.id}`} className="button primary small">{words.pay}</Link>{reservation.expiresAt ? <span className="note num">{words.held(timeOf(reservation.expiresAt))}</span> : null}</p> : null}
    </article>
  )
}

export function ReservationPage({ id }: { id: string }) {
  const { reservation } = useWords()
  return <Own title={reservation.detail}><Reservation id={id} /></Own>
}

function Reservation({ id }: { id: string }) {
  const { reservation: words } = useWords()
  const read = useRead<WireReservation>(`/api/reservations/${id}`)
  const show = useRead<WireShow>(read.data ? `/api/shows/${read.data.showId}` : null)
  const [refunded, setRefunded] = useState<number>()
  const cancelled = (made: Cancelled) => {
    setRefunded(made.refund)
    read.set(made.reservation)
  }
  const title = read.data ? words.number(read.data.number) : words.detail
  return (
    <Page title={title}>
      <Loaded read={read}>{(data) => (
        <>
          <div className="stack">
            <p className="row"><StatusTag status={data.status} /></p>
            {show.data ? <p><b>{show.data.title}</b><br /><span className="note">{show.data.venue} · {when(show.data.startsAt, show.data.timeZone)}</span></p> : null}
          </div>
          {refunded === undefined ? null : <Notice tone="good" title={words.refunded(won(refunded))}>{words.refundedBody}</Notice>}
          {data.status === 'confirmed' && show.data ? <Cancel reservation={data} show={show.data} onDone={cancelled} /> : <ul className="stack">{data.lines.map((line) => <li key={line.seatId}><Ticket line={line} grades={gradesOf(show.data?.prices ?? [])} isExpired={data.status === 'expired'} /></li>)}</ul>}
          {data.status === 'pending' ? <p><Link to={`/checkout/${id}`} className="button primary">{words.pay}</Link></p> : null}
          <p><Link to={`/shows/${data.showId}/story`} className="quiet">{words.story}</Link></p>
        </>
      )}</Loaded>
    </Page>
  )
}

type Cancelled = { refund: number; reservation: WireReservation }

/** Seats of a paid booking are given back one by one, with the won that come back before anything is asked. */
function Cancel({ reservation, show, onDone }: { reservation: WireReservation; show: WireShow; onDone: (made: Cancelled) => void }) {
  const { reservation: words, hall } = useWords()
  const now = useNow(10_000)
  const [wanted, setWanted] = useState<number[]>([])
  const [asked, setAsked] = useState(false)
  const { act, busy, problem } = useAct()
  const cutoff = Date.parse(show.startsAt) - show.policy.cutoffMinutesBeforeStart * 60_000
  const open = now < cutoff
  const back = reservation.lines.filter(({ seatId }) => wanted.includes(seatId)).reduce((sum, { price, fee }) => sum + price + fee, 0)
  const toggle = (seatId: number) => setWanted((known) => (known.includes(seatId) ? known.filter((each) => each !== seatId) : [...known, seatId]))
  const cancel = () => act(async (key) => {
    setAsked(false)
    const made = await post<Cancelled>(`/api/reservations/${reservation.id}/cancellations`, { seatIds: wanted }, { key })
    setWanted([])
    onDone(made)
  })
  return (
    <section className="stack">
      <div className="between"><h2>{open ? words.cancelTitle : words.paid}</h2><b className="num">{won(reservation.total)}</b></div>
      <p className="note">{open ? words.cut(when(cutoff, show.timeZone)) : words.cutOver}</p>
      <ul className="stack">{reservation.lines.map((line) => (
        <li key={line.seatId}>
          <Ticket line={line} grades={gradesOf(show.prices)} control={open && line.status === 'active' ? <input type="checkbox" checked={wanted.includes(line.seatId)} aria-label={`${words.cancelTitle}: ${seatName(hall, line)}`} onChange={() => toggle(line.seatId)} /> : null} />
        </li>
      ))}</ul>
      <ProblemNotice problem={problem} />
      {open ? <button type="button" className="button stop" disabled={busy || wanted.length === 0} onClick={() => setAsked(true)}>{wanted.length === 0 ? words.cancelNone : words.cancel(wanted.length, won(back))}</button> : null}
      {asked ? <Confirm title={words.cancelSure(wanted.length)} yes={words.cancelYes} no={words.keep} stop onYes={() => void cancel()} onNo={() => setAsked(false)}><p>{words.cancelSureBody(won(back))}</p></Confirm> : null}
    </section>
  )
}
