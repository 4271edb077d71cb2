import { useRead } from '../data.ts'
import { when, won } from '../language.ts'
import { saveCalendar } from '../parts/files.ts'
import { Loaded, Own, Page } from '../parts/frame.tsx'
import { seatName } from '../parts/tickets.tsx'
import { Link } from '../router.tsx'
import type { WireReservation, WireShow } from '../wire.ts'
import { useWords } from '../words/index.ts'

export function DonePage({ id }: { id: string }) {
  const { done } = useWords()
  return <Own title={done.title}><Done id={id} /></Own>
}

function Done({ id }: { id: string }) {
  const { done: words, hall } = useWords()
  const read = useRead<WireReservation>(`/api/reservations/${id}`)
  const show = useRead<WireShow>(read.data ? `/api/shows/${read.data.showId}` : null)
  return (
    <Page title={words.title}>
      <div className="stack">
        <p>{words.body}</p>
        {location.hash === '#new' ? <p className="note">{words.passedOn}</p> : null}
      </div>
      <Loaded read={read}>{(reservation) => (
        <div className="done">
          <div className="torn">
            <div className="body">
              <h2>{show.data?.title ?? ''}</h2>
              <p className="note">{show.data ? `${show.data.venue} · ${when(show.data.startsAt, show.data.timeZone)}` : ''}</p>
              <ul>{reservation.lines.filter(({ status }) => status === 'active').map((line) => <li key={line.seatId}><b>{line.grade}</b> {seatName(hall, line)}</li>)}</ul>
            </div>
            <div className="stub between"><span>{words.number}<br /><b className="code sum">{reservation.number}</b></span><b className="num">{won(reservation.total)}</b></div>
          </div>
          <div className="row">
            <Link to={`/reservations/${id}`} className="button primary">{words.see}</Link>
            {show.data ? <button type="button" className="button" onClick={() => show.data && saveCalendar(show.data, Date.parse(show.data.startsAt), `${words.number} ${reservation.number}`, (Date.parse(show.data.endsAt) - Date.parse(show.data.startsAt)) / 3_600_000)}>{words.calendar}</button> : null}
          </div>
          <p><Link to="/" className="quiet">{words.more}</Link></p>
        </div>
      )}</Loaded>
    </Page>
  )
}
