import { type ReactNode, useEffect, useState } from 'react'
import { ask, type Problem, post } from '../client.ts'
import { useAct, useNow, useRead } from '../data.ts'
import { clock, dayOf, won } from '../language.ts'
import { Confirm } from '../parts/dialog.tsx'
import { Loaded, Own, Page } from '../parts/frame.tsx'
import { Notice, ProblemNotice } from '../parts/notice.tsx'
import { gradesOf } from '../parts/looks.ts'
import { Ticket } from '../parts/tickets.tsx'
import { Link, navigate } from '../router.tsx'
import type { Listed, WireHold, WireReservation, WireShow, WireWallet } from '../wire.ts'
import { useWords } from '../words/index.ts'
import { paymentOf, usePayment } from './payment.ts'
import { Progress } from './progress.tsx'

const warnMs = 60_000
const urgentMs = 20_000

export function CheckoutPage({ id }: { id: string }) {
  const { checkout } = useWords()
  return <Own title={checkout.title}><Checkout id={id} /></Own>
}

function Checkout({ id }: { id: string }) {
  const { checkout } = useWords()
  const read = useRead<WireReservation>(`/api/reservations/${id}`)
  const show = useRead<WireShow>(read.data ? `/api/shows/${read.data.showId}` : null)
  const wallet = useRead<WireWallet>('/api/wallet')
  if (!read.data || !show.data || !wallet.data) return <Page title={checkout.title}><Loaded read={read}>{() => <Loaded read={show}>{() => <Loaded read={wallet}>{() => null}</Loaded>}</Loaded>}</Loaded></Page>
  const reload = () => {
    read.reload()
    wallet.reload()
  }
  return <Paying reservation={read.data} show={show.data} wallet={wallet.data} reload={reload} />
}

type Props = { reservation: WireReservation; show: WireShow; wallet: WireWallet; reload: () => void }

/** The reservation as it stands: being paid, paid, over, or open to be paid. */
function Paying({ reservation, show, wallet, reload }: Props) {
  const { checkout } = useWords()
  const payment = usePayment(reservation, reload)
  const { id, status } = reservation
  useEffect(() => {
    if (status === 'paying' && payment.state.kind === 'none') void paymentOf(id).then((found) => found && payment.follow(found))
    if (status === 'confirmed') navigate(`/done/${id}`, { replace: true })
  }, [id, status, payment])
  if (payment.state.kind === 'running') return <Progress since={payment.state.since} until={payment.state.until} reservationId={id} />
  if (status === 'confirmed' || status === 'paying') return <Progress since={0} until={null} reservationId={id} />
  if (status !== 'pending') return <Over reservation={reservation} />
  return (
    <Page title={checkout.title} barred width="checkout-page">
      <Open reservation={reservation} show={show} wallet={wallet} reload={reload} pay={payment.pay} problem={payment.state.kind === 'refused' ? payment.state.problem : undefined} />
    </Page>
  )
}

function Open({ reservation, show, wallet, reload, pay, problem }: Props & { pay: (topUp: number | undefined) => void; problem: Problem | undefined }) {
  const { checkout: words } = useWords()
  const active = reservation.lines.filter(({ status }) => status === 'active')
  const missing = Math.max(0, reservation.total - wallet.balance)
  const fees = active.reduce((sum, { fee }) => sum + fee, 0)
  const grades = gradesOf(show.prices)
  // what went wrong stands above everything, whatever was looked at meanwhile
  useEffect(() => {
    if (problem) scrollTo(0, 0)
  }, [problem])
  return (
    <>
      <ProblemNotice problem={problem} />
      <p><b>{show.title}</b><br /><span className="note">{show.venue} · {dayOf(show.startsAt, show.timeZone)}</span></p>
      <div className="checkout">
        <section className="stack" aria-labelledby="lines">
          <h2 id="lines">{words.lines}</h2>
          <ul className="stack">{active.map((line) => <li key={line.seatId}><Ticket line={line} grades={grades} /></li>)}</ul>
          <LetGo reservation={reservation} />
          <Policy show={show} />
        </section>
        <aside className="card">
          <div className="between"><span>{words.price}</span><span className="num">{won(reservation.total - fees)}</span></div>
          {fees > 0 ? <div className="between"><span>{words.fee}</span><span className="num">{won(fees)}</span></div> : null}
          <hr className="perforation" />
          <div className="between"><span>{words.total}</span><span className="sum num">{won(reservation.total)}</span></div>
          <div className="between"><span>{words.wallet}</span><span className="num">{won(wallet.balance)}</span></div>
          <p>{missing > 0 ? words.missing(won(missing)) : words.after(won(wallet.balance - reservation.total))}</p>
        </aside>
      </div>
      <ClockBar reservation={reservation} reload={reload}>
        <button type="button" className="button primary num" onClick={() => pay(missing > 0 ? missing : undefined)}>{missing > 0 ? words.addPay(won(missing)) : words.pay(won(reservation.total))}</button>
      </ClockBar>
    </>
  )
}

/** The one clock of the purchase, with more time always beside it; warnings come at 60 s and, aloud, at 20 s. */
function ClockBar({ reservation, reload, children }: { reservation: WireReservation; reload: () => void; children: ReactNode }) {
  const { checkout: words } = useWords()
  const now = useNow()
  const holds = useRead<Listed<WireHold>>(`/api/holds?showId=${reservation.showId}`)
  const own = holds.data?.items.filter(({ reservationId }) => reservationId === reservation.id) ?? []
  const { act, busy, problem } = useAct()
  const [said, setSaid] = useState('')
  const until = Math.max(Date.parse(reservation.expiresAt ?? ''), ...own.map((hold) => Date.parse(hold.until)))
  const left = until - now
  const over = left <= -1_500
  useEffect(() => {
    if (over) reload()
  }, [over, reload])
  const more = own[0]?.extensionsLeft ?? 0
  const extend = () => act(async (key) => {
    const hold = await post<WireHold>(`/api/holds/${own[0]?.id}/extend`, {}, { key })
    holds.set({ items: [hold], nextCursor: null })
    setSaid(words.extended)
  })
  const longer = own.length > 0 && more > 0 ? <button type="button" className="button small" disabled={busy} onClick={() => void extend()}>{words.extend}</button> : null
  return (
    <>
      <ProblemNotice problem={problem} />
      <p className="hush" role="status">{said}</p>
      <div className={`bar ${left <= warnMs ? 'lit' : ''}`}>
        {left <= warnMs && left > 0 ? <Notice tone="mine" title={words.ending(left <= urgentMs ? 20 : 60)} urgent={left <= urgentMs} key={left <= urgentMs ? 'urgent' : 'soon'}>{more > 0 ? words.endingBody(more) : ''}</Notice> : null}
        <div className="clock" role="timer" aria-label={words.until}><span>{words.until}</span><b className="num">{clock(left)}</b></div>
        {longer}
        {children}
      </div>
    </>
  )
}

function LetGo({ reservation }: { reservation: WireReservation }) {
  const { checkout: words } = useWords()
  const [asked, setAsked] = useState(false)
  const { act, problem } = useAct()
  const letGo = () => act(async () => {
    setAsked(false)
    await ask('DELETE', `/api/reservations/${reservation.id}`)
    navigate(`/shows/${reservation.showId}/seats`, { replace: true })
  })
  return (
    <>
      <p className="row"><Link to={`/shows/${reservation.showId}/seats`} className="quiet">{words.change}</Link><button type="button" className="quiet" onClick={() => setAsked(true)}>{words.giveUp}</button></p>
      <ProblemNotice problem={problem} />
      {asked ? <Confirm title={words.giveUpSure} yes={words.giveUpYes} stop onYes={() => void letGo()} onNo={() => setAsked(false)}><p>{words.giveUpBody}</p></Confirm> : null}
    </>
  )
}

/** Dates, not percentages, and never behind a link. */
function Policy({ show }: { show: WireShow }) {
  const { checkout: words } = useWords()
  const cutoff = Date.parse(show.startsAt) - show.policy.cutoffMinutesBeforeStart * 60_000
  return <section className="stack" aria-labelledby="policy"><h2 id="policy">{words.policy}</h2><ul><li>{words.policyFree(dayOf(cutoff, show.timeZone))}</li><li className="note">{words.policyAfter}</li></ul></section>
}

function Over({ reservation }: { reservation: WireReservation }) {
  const { checkout: words, reservation: own } = useWords()
  const seats = reservation.lines.map(({ seatId }) => seatId).join()
  const expired = reservation.status === 'expired'
  return (
    <Page title={expired ? words.expired : (own.statuses[reservation.status] ?? '')}>
      {expired ? <p>{words.expiredBody}</p> : null}
      <p><Link to={`/shows/${reservation.showId}/seats${expired ? `?seats=${seats}` : ''}`} className="button primary">{expired ? words.again : words.toMap}</Link></p>
    </Page>
  )
}
