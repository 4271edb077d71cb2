import '../styles/organiser.css'
import { useEffect, useState } from 'react'
import { ask } from '../client.ts'
import { useAct, usePerson, useRead } from '../data.ts'
import { Confirm } from '../parts/dialog.tsx'
import { Loaded, Own, Page } from '../parts/frame.tsx'
import { Notice, ProblemNotice } from '../parts/notice.tsx'
import { leaveUnasked, Link, navigate } from '../router.tsx'
import type { Listed, WireConcert, WireShow } from '../wire.ts'
import { AddShow } from './add-show.tsx'
import { ConcertWords, NewConcert } from './concert-words.tsx'
import { useEditing, useGone } from './editing.ts'
import { Pages } from './pages.tsx'
import { Newer } from './part.tsx'
import { ShowRow } from './show-row.tsx'
import { useOrganiserWords } from './spoken.ts'
import { ownedBy } from './state.ts'
import { StaffSection } from './staff.tsx'

const readEveryMs = 10_000
const closingEveryMs = 1_000

export function OwnConcertPage({ id }: { id: string }) {
  const words = useOrganiserWords()
  return <Own title={words.home}>{id === 'new' ? <NewConcert /> : <OwnConcert id={id} />}</Own>
}

function OwnConcert({ id }: { id: string }) {
  const { concert: words, home, concerts, forOrganisers } = useOrganiserWords()
  const [isClosing, setClosing] = useState(false)
  const editing = useEditing<WireConcert>(`/api/concerts/${id}`, isClosing ? closingEveryMs : readEveryMs)
  const person = usePerson()
  const { stored: concert, read } = editing
  const isGone = useGone(read)
  useEffect(() => setClosing(concert?.closing === true), [concert?.closing])
  useEffect(() => {
    // it was asked for here, and it has happened
    if (isGone && isClosing) leave()
  }, [isGone, isClosing])
  if (isGone || (concert && person && !ownedBy(person, concert.organiserId)))
    return <Page title={home}><Notice title={person && person.role !== 'organiser' && person.role !== 'operator' ? forOrganisers : words.gone} actions={<Link to="/organiser" className="button small">{concerts}</Link>} /></Page>
  if (!concert || !person) return <Page title={home}><Loaded read={read}>{() => null}</Loaded></Page>
  return (
    <Page title={concert.title} width="lists">
      <div className="stack">
        <nav className="row" aria-label={concert.title}><Link to="/organiser">{concerts}</Link><Link to={`/concerts/${id}`}>{words.fanPage}</Link></nav>
        {concert.closing ? <Notice icon="wait" title={words.deleting}>{words.deletingBody}</Notice> : null}
        {concert.closingResult && !concert.closing ? <Notice title={words.stayed}>{words.stayedBody}</Notice> : null}
        <Newer editing={editing} />
      </div>
      <Shows concert={concert} />
      <ConcertWords key={editing.round} concert={concert} editing={editing} />
      <StaffSection concertId={id} />
      <Remove concert={concert} onClosing={editing.set} />
    </Page>
  )
}

/** There is nothing left here that could be saved. */
function leave() {
  leaveUnasked()
  navigate('/organiser', { replace: true })
}

function Shows({ concert }: { concert: WireConcert }) {
  const words = useOrganiserWords()
  const path = `/api/concerts/${concert.id}/shows?limit=50`
  const read = useRead<Listed<WireShow>>(path, { everyMs: readEveryMs })
  return (
    <section className="part" aria-labelledby="shows">
      <h2 id="shows">{words.concert.shows}</h2>
      <Loaded read={read}>{(page) => (
        <>
          {page.items.length === 0 ? <p>{words.noShows}</p> : <Pages page={page} path={path} everyMs={readEveryMs}>{(shows) => <ul className="own-shows">{shows.map((show) => <li key={show.id}><ShowRow show={show} /></li>)}</ul>}</Pages>}
          {concert.closing ? null : <AddShow concertId={concert.id} like={page.items.at(-1)} isFirst={page.items.length === 0} reload={read.reload} />}
        </>
      )}</Loaded>
    </section>
  )
}

function Remove({ concert, onClosing }: { concert: WireConcert; onClosing: (concert: WireConcert) => void }) {
  const { concert: words } = useOrganiserWords()
  const [isAsked, setAsked] = useState(false)
  const { act, busy, problem } = useAct()
  const remove = () => {
    setAsked(false)
    void act(async () => {
      const closing = await ask<WireConcert | Record<string, never>>('DELETE', `/api/concerts/${concert.id}`)
      if ('id' in closing) onClosing(closing as WireConcert)
      else leave()
    })
  }
  return (
    <section className="part" aria-labelledby="remove">
      <h2 id="remove">{words.remove}</h2>
      <p className="note">{words.removeBody}</p>
      <ProblemNotice problem={problem} />
      <p><button type="button" className="button small stop" disabled={busy || concert.closing} onClick={() => setAsked(true)}>{words.remove}</button></p>
      {isAsked ? <Confirm title={words.removeSure(concert.title)} yes={words.remove} stop onYes={remove} onNo={() => setAsked(false)}><p>{words.removeBody}</p></Confirm> : null}
    </section>
  )
}
