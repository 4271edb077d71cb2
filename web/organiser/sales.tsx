import '../styles/operations.css'
import '../styles/sales.css'
import type { ReactNode } from 'react'
import type { Sales } from '../../src/gateway/sales.ts'
import { useAct, useNow, useRead } from '../data.ts'
import { clock, count, when, won } from '../language.ts'
import { Panel } from '../operations/board.tsx'
import { Loaded, Own, Page } from '../parts/frame.tsx'
import { Notice, ProblemNotice } from '../parts/notice.tsx'
import { Link } from '../router.tsx'
import { OverTime, percentOf, Shares } from './charts.tsx'
import { download } from './download.ts'
import { GradeTable } from './grade-table.tsx'
import { soldLately } from './over-time.ts'
import { Blocked, Refunds } from './returned.tsx'
import { useSalesWords } from './sales-spoken.ts'
import type { SalesWords } from './sales-words.ts'
import { SmallHall, useHall } from './small-hall.tsx'

const readEveryMs = 2_000
/** the figures say how old they may be: counting a large show again and again would cost its buyers */
const ageOf = (sales: Sales, now: number) => now - Date.parse(sales.at)

export function SalesPage({ id }: { id: string }) {
  const words = useSalesWords()
  return <Own title={words.title}><SalesOf id={id} /></Own>
}

function SalesOf({ id }: { id: string }) {
  const words = useSalesWords()
  const sales = useRead<Sales>(`/api/shows/${id}/sales`, { everyMs: readEveryMs })
  const title = sales.data ? words.of(sales.data.show.title) : words.title
  return (
    <Page title={title} width="war">
      {sales.problem?.code === 'role_required' ? <Notice title={words.forOrganisers} /> : <Loaded read={sales}>{(data) => <Board sales={data} isStale={sales.problem !== undefined} />}</Loaded>}
    </Page>
  )
}

function Board({ sales, isStale }: { sales: Sales; isStale: boolean }) {
  const words = useSalesWords()
  const now = useNow()
  const ageMs = ageOf(sales, now)
  const { id, venue, startsAt, timeZone } = sales.show
  const totals = totalsOf(sales.grades)
  const hasHall = ['before', 'open', 'between', 'over'].includes(sales.sale)
  const hall = useHall(hasHall ? id : null)
  return (
    <div className="war-room sales">
      <p className="note">{venue} · {when(startsAt, timeZone)}</p>
      <p className="sentence num">{sentenceOf(sales, now, words)}</p>
      {isStale ? <Notice icon="wait" title={words.stale(Math.round(ageMs / 1_000))} /> : null}
      <div className="row"><Export id={id} /><Link to={`/organiser/shows/${id}/buyers`} className="button small">{words.find}</Link><Link to={`/organiser/shows/${id}`} className="button small">{words.toShow}</Link><span className="note num">{words.fresh(Math.max(0, Math.round(ageMs / 1_000)))}</span></div>
      <Tiles sales={sales} totals={totals} />
      <div className="boards">
        <div className="stack">
          <OverTime sales={sales} />
          <Panel title={words.grades.title}><Shares grades={sales.grades} /><GradeTable grades={sales.grades} /></Panel>
        </div>
        <div className="stack">
          {hasHall ? <SmallHall hall={hall} grades={sales.grades.map(({ grade }) => grade)} label={words.hall.label(totals.sold, totals.held, totals.available)} /> : null}
          <Refunds showId={id} reasons={sales.reasons} refunds={sales.refunds} />
          <Blocked showId={id} count={totals.blocked} seats={hall.plan?.seats ?? []} />
        </div>
      </div>
    </div>
  )
}

type Totals = Record<'capacity' | 'available' | 'held' | 'reserved' | 'returned' | 'sold' | 'blocked' | 'worth', number>

function totalsOf(grades: Sales['grades']): Totals {
  const sum = (of: keyof Omit<Totals, 'worth'>) => grades.reduce((total, grade) => total + grade[of], 0)
  const worth = grades.reduce((total, { capacity, blocked, prices }) => total + (capacity - blocked) * (prices.find(({ priceType }) => priceType === 'default')?.price ?? 0), 0)
  return { capacity: sum('capacity'), available: sum('available'), held: sum('held'), reserved: sum('reserved'), returned: sum('returned'), sold: sum('sold'), blocked: sum('blocked'), worth }
}

/** Where the sale stands, then the one figure that matters there. */
function sentenceOf(sales: Sales, now: number, { sale: say }: SalesWords): string {
  const { sale, opensAt, closesAt, show: { timeZone, paused }, refunds } = sales
  const { sold, capacity, blocked, worth } = totalsOf(sales.grades)
  const at = (instant: string | null) => (instant === null ? '' : when(instant, timeZone))
  const all = capacity - blocked
  const soldOf = all > 0 && sold === all ? say.soldOut : say.sold(sold, all, percentOf(sold, all))
  switch (sale) {
    case 'draft': return [say.draft, say.worth(won(worth))].join(' · ')
    case 'before': return [opensAt === null ? say.draft : opening(Date.parse(opensAt) - now, at(opensAt), say), say.worth(won(worth))].join(' · ')
    case 'open': return [paused ? say.paused : say.open(at(closesAt)), soldOf, say.lately(soldLately(sales))].join(' · ')
    case 'between': return [say.between(at(opensAt)), soldOf].join(' · ')
    case 'over': return [say.over, soldOf].join(' · ')
    case 'cancelled': return [say.cancelled, say.back(won(refunds))].join(' · ')
  }
}

const clockBelowMs = 3_600_000
/** A clock in the last hour, a date before it. */
const opening = (leftMs: number, at: string, say: SalesWords['sale']) => (leftMs < clockBelowMs ? say.before(clock(leftMs)) : say.opensAt(at))

function Export({ id }: { id: string }) {
  const words = useSalesWords()
  const { act, busy, problem } = useAct()
  return (
    <>
      <button type="button" className="button primary small" disabled={busy} onClick={() => void act(() => download(`/api/shows/${id}/report.csv`))}>{busy ? words.exporting : words.export}</button>
      <ProblemNotice problem={problem} />
    </>
  )
}

function Tiles({ sales, totals }: { sales: Sales; totals: Totals }) {
  const { tiles: words } = useSalesWords()
  const { gross, fees, refunds, net, account, buyers, purchases } = sales
  const paidSeats = sales.grades.reduce((total, { prices }) => prices.reduce((n, price) => n + price.sold + price.refunded, total), 0)
  return (
    <dl className="tiles">
      <Tile name={words.sold} value={count(totals.sold)} note={words.sellable(totals.capacity - totals.blocked)} />
      <Tile name={words.held} value={count(totals.held)} note={words.reserved(totals.reserved)} />
      <Tile name={words.available} value={count(totals.available)} note={totals.returned > 0 ? words.returned(totals.returned) : undefined} />
      <Tile name={words.net} value={won(net)} note={account > net ? words.onWay(won(account - net)) : words.ledger} />
      <Tile name={words.gross} value={won(gross)} />
      <Tile name={words.fees} value={won(fees)} />
      <Tile name={words.refunds} value={won(refunds)} />
      <Tile name={words.buyers} value={count(buyers)} note={purchases > 0 ? words.each((paidSeats / purchases).toFixed(1)) : undefined} />
    </dl>
  )
}

function Tile({ name, value, note }: { name: string; value: string; note?: ReactNode }) {
  return <div><dt>{name}</dt><dd><b className="num">{value}</b>{note ? <span className="note num">{note}</span> : null}</dd></div>
}
