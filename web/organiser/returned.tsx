import { useEffect, useRef } from 'react'
import type { RefundView, Sales } from '../../src/gateway/sales.ts'
import { useRead } from '../data.ts'
import { when, won } from '../language.ts'
import { Panel } from '../operations/board.tsx'
import { Loaded } from '../parts/frame.tsx'
import { seatName } from '../parts/tickets.tsx'
import { Link } from '../router.tsx'
import type { Listed, MapSeat, WireBlock } from '../wire.ts'
import { useWords } from '../words/index.ts'
import { Pages } from './pages.tsx'
import { useSalesWords } from './sales-spoken.ts'

const shownMax = 10
const everyMs = 10_000
/** named one by one; who wants to see all of them looks at the hall */
const namedMax = 30

/** Why seats came back, and which, the latest first, with how far their money is. */
export function Refunds({ showId, reasons, refunds }: { showId: string; reasons: Sales['reasons']; refunds: number }) {
  const { refunds: words } = useSalesWords()
  const { hall } = useWords()
  const path = `/api/shows/${showId}/refunds?limit=${shownMax}`
  const read = useRead<Listed<RefundView>>(path, { everyMs })
  useAgain(refunds, read.reload)
  return (
    <Panel title={words.title}>
      {reasons.length === 0 ? <p className="note">{words.none}</p> : (
        <>
          <h3>{words.reasons}</h3>
          <dl className="pairs">{reasons.map(({ kind, reason, seats, won: sum }) => <div key={`${kind} ${reason}`}><dt>{kind === 'organiser' ? (reason ?? words.other) : words.kinds[kind]}</dt><dd className="num">{words.seats(seats)} · {won(sum)}</dd></div>)}</dl>
          <h3>{words.list}</h3>
          <Loaded read={read}>{(page) => <Pages page={page} path={path} everyMs={everyMs}>{(items) => (
            <ul className="refunds">{items.map(({ id, at, number, refund, kind, reason, doneAt, lines }) => (
              <li key={id}>
                <p className="between"><Link to={`/organiser/shows/${showId}/buyers?query=${number}`}>{words.open(number)}</Link><b className="num">{won(refund)}</b></p>
                <p className="note">{lines.map(({ section, row, seat }) => seatName(hall, { section, row, number: seat })).join(' / ')}</p>
                <p className="note num">{when(at)} · {kind === 'organiser' ? reason : words.kinds[kind]} · {doneAt === null ? words.onWay : words.done}</p>
              </li>
            ))}</ul>
          )}</Pages>}</Loaded>
        </>
      )}
    </Panel>
  )
}

/** Reads again at once when a figure says that there is more. */
function useAgain(figure: number, reload: () => void) {
  const seen = useRef(figure)
  useEffect(() => {
    if (seen.current !== figure) reload()
    seen.current = figure
  }, [figure, reload])
}

/** The map of the page says what the seats are called; until it is there, how many. */
export function Blocked({ showId, count: total, seats }: { showId: string; count: number; seats: readonly MapSeat[] }) {
  const { blocked: words } = useSalesWords()
  return (
    <Panel title={words.title}>
      {total === 0 ? <p className="note">{words.none}</p> : <BlockedSeats showId={showId} total={total} seats={seats} />}
      <p><Link to={`/organiser/shows/${showId}/hall`}>{words.hall}</Link></p>
    </Panel>
  )
}

function BlockedSeats({ showId, total, seats }: { showId: string; total: number; seats: readonly MapSeat[] }) {
  const { blocked: words } = useSalesWords()
  const { hall } = useWords()
  const read = useRead<Listed<WireBlock>>(`/api/shows/${showId}/blocks`)
  useAgain(total, read.reload)
  const nameOf = ({ seatId }: WireBlock) => {
    const seat = seats[seatId - 1]
    return seat ? [seatName(hall, seat)] : []
  }
  return (
    <Loaded read={read}>{({ items }) => (
      <dl className="blocked">{[...Map.groupBy(items, ({ reason }) => reason)].map(([reason, blocks]) => (
        <div key={reason}>
          <dt>{reason} <b className="num">{words.seats(blocks.length)}</b></dt>
          <dd className="note">{blocks.slice(0, namedMax).flatMap(nameOf).join(' / ')} {blocks.length > namedMax ? words.more(blocks.length - namedMax) : ''}</dd>
        </div>
      ))}</dl>
    )}</Loaded>
  )
}
