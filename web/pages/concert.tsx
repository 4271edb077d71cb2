import { useNow, usePerson, useRead } from '../data.ts'
import { clock, count, dayOf, when, won } from '../language.ts'
import { saveCalendar } from '../parts/files.ts'
import { Loaded, Page } from '../parts/frame.tsx'
import { Notice } from '../parts/notice.tsx'
import { Poster } from '../parts/poster.tsx'
import { Link } from '../router.tsx'
import type { Listed, WireConcert, WireShow } from '../wire.ts'
import { useWords } from '../words/index.ts'

const hour = 3_600_000
const readEveryMs = 15_000

export function ConcertPage({ id }: { id: string }) {
  const { concert: words } = useWords()
  const concert = useRead<WireConcert>(`/api/concerts/${id}`)
  const shows = useRead<Listed<WireShow>>(`/api/concerts/${id}/shows?limit=100`, { everyMs: readEveryMs })
  const title = concert.data?.title ?? ''
  return (
    <Page title={title || words.shows} width="lists">
      <Loaded read={concert}>{(data) => (
        <div className="hero">
          <Poster id={data.id} title={data.title} />
          <div className="stack">
            <p className="sum">{data.venue}</p>
            {data.description ? <p>{data.description}</p> : null}
            <h2>{words.shows}</h2>
            <Loaded read={shows}>{({ items }) => items.length === 0 ? <Notice title={words.noShows} /> : <ul className="stack">{items.map((show) => <li key={show.id}><ShowCard show={show} /></li>)}</ul>}</Loaded>
          </div>
        </div>
      )}</Loaded>
    </Page>
  )
}

type Phase = { kind: 'cancelled' | 'closed' } | { kind: 'soon' | 'lobby'; opensAt: number; needsCode: boolean } | { kind: 'open' | 'all_held' | 'sold_out'; needsCode: boolean; opensAt?: never }

/** What a fan can do about a show at this moment; the availability is the server's word. */
function phaseOf(show: WireShow, now: number): Phase {
  if (show.status === 'cancelled') return { kind: 'cancelled' }
  if (show.status === 'draft') return { kind: 'closed' }
  const present = show.windows.find(({ opensAt, closesAt }) => Date.parse(opensAt) <= now && now < Date.parse(closesAt))
  const needsCode = present?.audience === 'codes'
  if (present) return { kind: show.availability?.state === 'all_held' || show.availability?.state === 'sold_out' ? show.availability.state : 'open', needsCode }
  const lobby = show.windows.find(({ lobbyOpensAt, opensAt }) => lobbyOpensAt !== null && Date.parse(lobbyOpensAt) <= now && now < Date.parse(opensAt))
  if (lobby) return { kind: 'lobby', opensAt: Date.parse(lobby.opensAt), needsCode: lobby.audience === 'codes' }
  const next = show.windows.filter(({ opensAt }) => Date.parse(opensAt) > now).toSorted((a, b) => Date.parse(a.opensAt) - Date.parse(b.opensAt))[0]
  return next ? { kind: 'soon', opensAt: Date.parse(next.opensAt), needsCode: next.audience === 'codes' } : { kind: 'closed' }
}

function ShowCard({ show }: { show: WireShow }) {
  const { concert: words, hall } = useWords()
  const now = useNow()
  const phase = phaseOf(show, now)
  const isOperator = usePerson()?.role === 'operator'
  const left = new Map((show.left ?? []).map((entry) => [entry.grade, entry]))
  const freeUntil = Date.parse(show.startsAt) - show.policy.cutoffMinutesBeforeStart * 60_000
  return (
    <article className="show" aria-label={when(show.startsAt, show.timeZone)}>
      <div className="row"><h3>{when(show.startsAt, show.timeZone)}</h3><PhaseTag phase={phase} /></div>
      <ul className="prices">{show.prices.map(({ grade, price }) => {
        const seats = left.get(grade)
        return <li key={grade}>{grade} <b>{won(price)}</b>{seats && phase.kind !== 'cancelled' ? <span className="note num"> · {hall.left(count(seats.available))}</span> : null}</li>
      })}</ul>
      <div className="act stack"><Act show={show} phase={phase} now={now} />{isOperator ? <Link to={`/operations/shows/${show.id}`} className="button wide">{words.warRoom}</Link> : null}</div>
      {phase.kind === 'cancelled' ? null : <p className="note">{words.limit(show.ticketsPerUserMax)}{show.bookingFee > 0 ? ` · ${words.fee(won(show.bookingFee))}` : ''} · {words.freeUntil(dayOf(freeUntil, show.timeZone))}</p>}
    </article>
  )
}

function PhaseTag({ phase }: { phase: Phase }) {
  const { concert: words } = useWords()
  const text = { open: words.open, all_held: words.allHeld, sold_out: words.soldOut, closed: words.closed, cancelled: words.cancelledTag, soon: words.soon, lobby: words.lobby }[phase.kind]
  return (
    <>
      <span className={`tag ${phase.kind === 'open' ? 'good' : ''}`}>{text}</span>
      {'needsCode' in phase && phase.needsCode ? <span className="tag">{words.codes}</span> : null}
    </>
  )
}

function Act({ show, phase, now }: { show: WireShow; phase: Phase; now: number }) {
  const { concert: words } = useWords()
  const line = `/shows/${show.id}/line#join`
  const join = <a href={line} className="button primary wide">{words.join}</a>
  if (phase.kind === 'cancelled') return <p>{words.cancelled}</p>
  if (phase.kind === 'closed') return <p className="note">{words.closedBody}</p>
  if (phase.kind === 'sold_out') return <p>{words.soldOutBody}</p>
  if (phase.kind === 'all_held') {
    const until = show.availability?.earliestUntil
    return <>{join}<p className="note">{until && Date.parse(until) > now ? words.allHeldBody(clock(Date.parse(until) - now)) : words.allHeldSoon}</p></>
  }
  if (phase.kind === 'lobby') return <><a href={line} className="button primary wide">{words.enterLobby}</a><p className="note num">{words.opensIn(clock(phase.opensAt - now))}</p></>
  if (phase.kind !== 'soon') return join
  return <Soon show={show} opensAt={phase.opensAt} now={now} />
}

function Soon({ show, opensAt, now }: { show: WireShow; opensAt: number; now: number }) {
  const { concert: words } = useWords()
  const away = opensAt - now
  return (
    <>
      <p><b>{away < hour ? <span className="num">{words.opensIn(clock(away))}</span> : words.opensAt(when(opensAt, show.timeZone))}</b></p>
      {away < hour ? <p className="note">{words.ready}</p> : <button type="button" className="button wide" onClick={() => saveCalendar(show, opensAt, words.notify)}>{words.notify}</button>}
    </>
  )
}
