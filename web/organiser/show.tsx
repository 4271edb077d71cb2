import '../styles/organiser.css'
import { useEffect, useState } from 'react'
import { useNow, usePerson } from '../data.ts'
import { when } from '../language.ts'
import { Loaded, Own, Page } from '../parts/frame.tsx'
import { Notice } from '../parts/notice.tsx'
import { Link } from '../router.tsx'
import type { WireShow } from '../wire.ts'
import { Checking } from './checking.tsx'
import { type Editing, useEditing, useGone } from './editing.ts'
import { Life, Standing } from './life.tsx'
import { LimitsPart } from './limits.tsx'
import { Newer } from './part.tsx'
import { PricesPart } from './prices.tsx'
import { useOrganiserWords } from './spoken.ts'
import { isOpenToChange, ownedBy, seatsOf, stateOf } from './state.ts'
import { StateTag } from './tag.tsx'
import { TimesPart } from './times.tsx'
import { WindowsPart } from './windows.tsx'

const readEveryMs = 10_000
const closingEveryMs = 1_000
const minuteMs = 60_000

export function OwnShowPage({ id }: { id: string }) {
  const words = useOrganiserWords()
  return <Own title={words.home}><OwnShow id={id} /></Own>
}

function OwnShow({ id }: { id: string }) {
  const { show: words, home, concerts, forOrganisers } = useOrganiserWords()
  const [isClosing, setClosing] = useState(false)
  const editing = useEditing<WireShow>(`/api/shows/${id}`, isClosing ? closingEveryMs : readEveryMs)
  const person = usePerson()
  const { stored: show, read } = editing
  const isGone = useGone(read)
  useEffect(() => setClosing(show?.status === 'closing'), [show?.status])
  if (isGone || (show && person && !ownedBy(person, show.organiserId)))
    return <Page title={home}><Notice title={person && person.role !== 'organiser' && person.role !== 'operator' ? forOrganisers : words.gone} actions={<Link to="/organiser" className="button small">{concerts}</Link>} /></Page>
  if (!show || !person) return <Page title={home}><Loaded read={read}>{() => null}</Loaded></Page>
  return (
    <Page title={words.title(show.title)} heading={<>{show.title}<br /><span className="when">{when(show.startsAt, show.timeZone)}</span></>} width="boards-page">
      <Editor key={editing.round} show={show} editing={editing} />
    </Page>
  )
}

function Editor({ show, editing }: { show: WireShow; editing: Editing<WireShow> }) {
  const { show: words } = useOrganiserWords()
  const now = useNow(minuteMs)
  const fixed = show.status === 'cancelled' ? words.lockedCancelled : show.status === 'closing' ? words.lockedClosing : undefined
  const lock = fixed ?? (isOpenToChange(show) ? undefined : words.lockedOnSale)
  return (
    <div className={`editor ${show.status}`}>
      <div className="stack">
        <nav className="row" aria-label={show.title}>
          <StateTag state={stateOf(show, now)} />
          <Link to={`/organiser/concerts/${show.concertId}`}>{words.back}</Link>
          <Link to={`/organiser/shows/${show.id}/hall`}>{words.hall}</Link>
          {show.status === 'draft' ? null : <><Link to={`/organiser/shows/${show.id}/sales`}>{words.sales}</Link><Link to={`/organiser/shows/${show.id}/buyers`}>{words.buyers}</Link><Link to={`/concerts/${show.concertId}`}>{words.fanPage}</Link></>}
        </nav>
        <Standing show={show} />
        <Newer editing={editing} />
      </div>
      {show.status === 'draft' ? <aside><Checking show={show} editing={editing} now={now} /></aside> : null}
      <div className="stack roomy">
        <TimesPart show={show} editing={editing} lock={lock} now={now} />
        <PricesPart show={show} editing={editing} lock={lock} />
        <WindowsPart show={show} editing={editing} lock={fixed} now={now} />
        <LimitsPart show={show} editing={editing} lock={fixed} />
      </div>
      <div className="rest stack">
        <Blocked show={show} />
        {fixed ? null : <Life show={show} editing={editing} />}
      </div>
    </div>
  )
}

/** Seats kept from sale; of a draft there are none yet. */
function Blocked({ show }: { show: WireShow }) {
  const { blocked: words } = useOrganiserWords()
  const total = seatsOf(show)
  const blocked = show.left === null ? undefined : total - show.left.reduce((sum, grade) => sum + grade.total, 0)
  return (
    <section className="panel" aria-labelledby="blocked">
      <h2 id="blocked">{words.title}</h2>
      {show.status === 'draft' ? <p className="note">{words.inTheHall}</p> : blocked === undefined ? null : <p>{blocked === 0 ? words.none : words.some(blocked, total)}</p>}
      <p><Link to={`/organiser/shows/${show.id}/hall`}>{words.toHall}</Link></p>
    </section>
  )
}
