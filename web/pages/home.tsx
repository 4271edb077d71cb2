import { type FormEvent, useState } from 'react'
import { get } from '../client.ts'
import { type ReadOptions, useNow, useOverdue, useRead } from '../data.ts'
import { clock, dayOf, when } from '../language.ts'
import { Loaded, Page } from '../parts/frame.tsx'
import { Notice } from '../parts/notice.tsx'
import { Poster } from '../parts/poster.tsx'
import { Link } from '../router.tsx'
import type { WireFoundConcert } from '../wire.ts'
import { useWords } from '../words/index.ts'
import { aboutMinutes, aboutMs, inOrder, saleOf } from './openings.ts'

type Found = { totalElements: number; items: WireFoundConcert[] }
const pageSize = 24
const sizeMax = 96
// a concert has no zone of its own, its shows have; most are here
const listZone = 'Asia/Seoul'
// nobody asks for an opening: a card turns by the page's clock, and all pages are spread over this long
const readEveryMs = 60_000
const aboutWaitMs = 1_000

export function HomePage() {
  const { home, common } = useWords()
  const [text, setText] = useState('')
  const [title, setTitle] = useState('')
  const [short, setShort] = useState(false)
  const [wanted, setWanted] = useState(pageSize)
  const titled = title ? `&title=${encodeURIComponent(title)}` : ''
  const aboutPath = `/api/concerts?openingMinutes=${aboutMinutes}&size=${sizeMax}${titled}`
  // what is over is found by its title
  const listPath = `/api/concerts?sort=date${titled || '&over=false'}`
  const about = useRead<Found>(aboutPath, { everyMs: readEveryMs })
  const listed = useRead<Found>(listPath, { everyMs: readEveryMs, part: wanted, read: (options) => readList(listPath, wanted, options) })
  // what stands first is waited for, so that nothing moves under a finger; not for long, for the list is there
  const isOverdue = useOverdue(aboutPath, aboutWaitMs)
  const read = about.data || about.problem || isOverdue ? listed : { ...listed, data: undefined }
  const find = (event: FormEvent) => {
    event.preventDefault()
    const words = text.trim()
    const tooShort = words !== '' && [...words].length < 2
    setShort(tooShort)
    if (tooShort) return
    setTitle(words)
    setWanted(pageSize)
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
          {found.items.length === 0 ? <Notice title={title ? home.none(title) : home.empty} /> : <Posters about={about.data?.items ?? []} listed={found.items} />}
          {found.totalElements > found.items.length ? <button type="button" className="button" disabled={found.items.length < wanted && !listed.problem} onClick={() => (found.items.length < wanted ? listed.reload() : setWanted(found.items.length + pageSize))}>{common.more}</button> : null}
        </>
      )}</Loaded>
    </Page>
  )
}

/** As many of the list as are wanted, all of them read at one time. */
async function readList(path: string, wanted: number, options: ReadOptions): Promise<Found> {
  const size = Math.min(wanted, sizeMax)
  const pages = await Promise.all(Array.from({ length: Math.ceil(wanted / size) }, (_, page) => get<Found>(`${path}&size=${size}&page=${page}`, options)))
  return { totalElements: pages[0]?.totalElements ?? 0, items: pages.flatMap(({ items }) => items) }
}

function Posters({ about, listed }: { about: WireFoundConcert[]; listed: WireFoundConcert[] }) {
  const now = useNow()
  return <ul className="posters">{inOrder(about, listed, now).map((concert) => <li key={concert.id}><ConcertCard concert={concert} now={now} /></li>)}</ul>
}

function ConcertCard({ concert, now }: { concert: WireFoundConcert; now: number }) {
  const { home } = useWords()
  return (
    <Link to={`/concerts/${concert.id}`} className="concert">
      <Poster id={concert.id} title={concert.title} />
      <h2 className="hush">{concert.title}</h2>
      <p className="note">{concert.venue}<br />{concert.firstShowAt ? (concert.firstShowAt === concert.lastShowAt ? dayOf(concert.firstShowAt, listZone) : home.from(dayOf(concert.firstShowAt, listZone))) : home.noDate}</p>
      <SaleLine concert={concert} now={now} />
    </Link>
  )
}

/** What may be bought now, and when more can; the last hour before it with its clock. */
function SaleLine({ concert, now }: { concert: WireFoundConcert; now: number }) {
  const { home } = useWords()
  const { isOn, isSoldOut, opensInMs } = saleOf(concert, now)
  if (!isOn && opensInMs === undefined) return null
  const next = opensInMs === undefined ? null : opensInMs <= aboutMs ? <span className="num">{home.nextIn(clock(opensInMs))}</span> : home.nextAt(when(concert.opensAt ?? '', listZone))
  return <p className="opens">{isSoldOut ? home.soldOut : isOn ? home.onSale : null}{isOn && next ? ' · ' : null}{next}</p>
}
