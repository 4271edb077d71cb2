import '../styles/organiser.css'
import { useNow, useRead } from '../data.ts'
import { Loaded, Own, Page } from '../parts/frame.tsx'
import { Notice } from '../parts/notice.tsx'
import { Link } from '../router.tsx'
import type { Listed, WireConcertItem, WireShow } from '../wire.ts'
import { Pages } from './pages.tsx'
import { ShowRow } from './show-row.tsx'
import { useOrganiserWords } from './spoken.ts'
import { localOf } from './zone.ts'

type OwnConcert = WireConcertItem & { showCount: number; shows: WireShow[] }
const path = '/api/organiser/concerts'
const readEveryMs = 15_000
const hourMs = 3_600_000
const aroundMs = 36 * hourMs
const minuteMs = 60_000

export function OrganiserHomePage() {
  const words = useOrganiserWords()
  return <Own title={words.home}><Home /></Own>
}

function Home() {
  const words = useOrganiserWords()
  const first = useRead<Listed<OwnConcert>>(path, { everyMs: readEveryMs })
  const isEmpty = first.data?.items.length === 0
  if (first.problem?.status === 403) return <Page title={words.home}><Notice title={words.forOrganisers}>{words.forOrganisersBody}</Notice></Page>
  return (
    <Page title={words.home} width="lists">
      <p><Link to="/organiser/concerts/new" className="button primary">{words.create}</Link></p>
      <Loaded read={first}>{(page) => (isEmpty ? <Guide /> : (
        <>
          <Today />
          <section className="stack" aria-labelledby="concerts">
            <h2 id="concerts">{words.concerts}</h2>
            <Pages page={page} path={path} everyMs={readEveryMs}>{(concerts) => <ul className="stack">{concerts.map((concert) => <li key={concert.id}><ConcertCard concert={concert} /></li>)}</ul>}</Pages>
          </section>
        </>
      ))}</Loaded>
    </Page>
  )
}

/** What somebody does who has nothing yet. */
function Guide() {
  const { guide } = useOrganiserWords()
  return (
    <section className="stack" aria-labelledby="guide">
      <h2 id="guide">{guide.title}</h2>
      <p>{guide.lead}</p>
      <ol className="guide">{guide.steps.map(([name, what]) => <li key={name}><div><h3>{name}</h3><p className="note">{what}</p></div></li>)}</ol>
    </section>
  )
}

/** Shows whose day it is where they are. */
function Today() {
  const words = useOrganiserWords()
  const now = useNow(minuteMs)
  // by the hour, so that the address stays the same for a while
  const hour = Math.floor(now / hourMs) * hourMs
  const range = [hour - aroundMs, hour + aroundMs].map((ms) => new Date(ms).toISOString())
  const read = useRead<Listed<WireShow>>(`/api/organiser/shows?from=${range[0]}&to=${range[1]}&limit=100`, { everyMs: readEveryMs })
  const isToday = ({ startsAt, timeZone }: WireShow) => localOf(startsAt, timeZone).slice(0, 10) === localOf(now, timeZone).slice(0, 10)
  return (
    <section className="stack" aria-labelledby="today">
      <h2 id="today">{words.today}</h2>
      <Loaded read={read}>{({ items }) => {
        const shows = items.filter(isToday)
        return shows.length === 0 ? <p className="note">{words.noToday}</p> : <ul className="own-shows">{shows.map((show) => <li key={show.id}><ShowRow show={show} named /></li>)}</ul>
      }}</Loaded>
    </section>
  )
}

function ConcertCard({ concert }: { concert: OwnConcert }) {
  const words = useOrganiserWords()
  const more = concert.showCount - concert.shows.length
  return (
    <article className="card own-concert" aria-labelledby={concert.id}>
      <div><h3 id={concert.id}><Link to={`/organiser/concerts/${concert.id}`}>{concert.title}</Link></h3><p className="note">{concert.venue}</p></div>
      {concert.shows.length === 0 ? <p className="note">{words.noShows}</p> : <ul className="own-shows">{concert.shows.map((show) => <li key={show.id}><ShowRow show={show} /></li>)}</ul>}
      {more > 0 ? <p><Link to={`/organiser/concerts/${concert.id}`}>{words.moreShows(more)}</Link></p> : null}
    </article>
  )
}
