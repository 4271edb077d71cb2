import { type FormEvent, useState } from 'react'
import { useNow, useRead } from '../data.ts'
import { clock, dayOf, when } from '../language.ts'
import { Loaded, Page } from '../parts/frame.tsx'
import { Notice } from '../parts/notice.tsx'
import { Poster } from '../parts/poster.tsx'
import { Link } from '../router.tsx'
import type { WireFoundConcert } from '../wire.ts'
import { useWords } from '../words/index.ts'

type Found = { totalElements: number; totalPages: number; page: number; items: WireFoundConcert[] }
const pageSize = 24
// a concert has no zone of its own, its shows have; most are here
const listZone = 'Asia/Seoul'
const readEveryMs = 60_000
const soonMs = 3_600_000

export function HomePage() {
  const { home, common } = useWords()
  const [text, setText] = useState('')
  const [title, setTitle] = useState('')
  const [short, setShort] = useState(false)
  const [size, setSize] = useState(pageSize)
  const read = useRead<Found>(`/api/concerts?sort=date&size=${size}${title ? `&title=${encodeURIComponent(title)}` : ''}`, { everyMs: readEveryMs })
  const find = (event: FormEvent) => {
    event.preventDefault()
    const wanted = text.trim()
    const tooShort = wanted !== '' && [...wanted].length < 2
    setShort(tooShort)
    if (!tooShort) setTitle(wanted)
  }
  return (
    <Page title={home.title} width="lists">
      <div className="stack">
        <p className="note">{home.lead}</p>
        <search><form onSubmit={find} className="search">
          <input type="search" value={text} onChange={(event) => setText(event.target.value)} aria-label={home.search} placeholder={home.search} />
          <button type="submit" className="button">{home.searchButton}</button>
        </form></search>
        {short ? <p className="note" role="status">{home.tooShort}</p> : null}
      </div>
      <Loaded read={read}>{(found) => (
        <>
          {title && found.totalElements > 0 ? <p role="status" className="note">{home.found(found.totalElements)}</p> : null}
          {found.items.length === 0 ? <Notice title={title ? home.none(title) : home.empty} /> : <Posters concerts={found.items} />}
          {found.totalElements > found.items.length && size < 100 ? <button type="button" className="button" onClick={() => setSize(Math.min(100, size + pageSize))}>{common.more}</button> : null}
        </>
      )}</Loaded>
    </Page>
  )
}

/** What opens within the hour stands first, with its clock. */
function Posters({ concerts }: { concerts: WireFoundConcert[] }) {
  const now = useNow()
  const opensIn = ({ opensAt }: WireFoundConcert) => (opensAt === null ? Number.POSITIVE_INFINITY : Date.parse(opensAt) - now)
  const isSoon = (concert: WireFoundConcert) => opensIn(concert) > 0 && opensIn(concert) <= soonMs
  const soon = concerts.filter(isSoon).toSorted((a, b) => opensIn(a) - opensIn(b))
  return <ul className="posters">{[...soon, ...concerts.filter((concert) => !isSoon(concert))].map((concert) => <li key={concert.id}><ConcertCard concert={concert} opensInMs={opensIn(concert)} /></li>)}</ul>
}

function ConcertCard({ concert, opensInMs }: { concert: WireFoundConcert; opensInMs: number }) {
  const { home } = useWords()
  const isToOpen = concert.opensAt !== null && opensInMs > 0
  return (
    <Link to={`/concerts/${concert.id}`} className="concert">
      <Poster id={concert.id} title={concert.title} />
      <h2 className="hush">{concert.title}</h2>
      <p className="note">{concert.venue}<br />{concert.firstShowAt ? (concert.firstShowAt === concert.lastShowAt ? dayOf(concert.firstShowAt, listZone) : home.from(dayOf(concert.firstShowAt, listZone))) : home.noDate}</p>
      {isToOpen ? <p className="opens">{opensInMs <= soonMs ? <span className="num">{home.nextIn(clock(opensInMs))}</span> : home.nextAt(when(concert.opensAt ?? '', listZone))}</p> : null}
    </Link>
  )
}
