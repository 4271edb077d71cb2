import '../styles/operations.css'
import type { ReactNode } from 'react'
import type { LiveShow, Verified } from '../../src/gateway/war-room.ts'
import { count, timeOf } from '../language.ts'
import { Icon } from '../parts/icon.tsx'
import { perSecond, type Point } from './history.ts'
import { useOperatorWords } from './spoken.ts'
import type { OperatorWords } from './words.ts'

/** A titled part of the board. */
export function Panel({ title, children, className = '' }: { title: string; children: ReactNode; className?: string }) {
  return <section className={`panel ${className}`}><h2>{title}</h2>{children}</section>
}

const short = (n: number) => n.toFixed(n < 10 ? 1 : 0)

/** Each row is as wide as it has people or seats. */
export function Funnel({ live, points }: { live: LiveShow; points: Point[] }) {
  const { funnel: words } = useOperatorWords()
  const { line, seats, sales } = live
  const total = seats ? seats.available + seats.held + seats.sold : 0
  const rows: { name: string; value: number; of?: number; rate?: number | undefined }[] = [
    { name: words.joined, value: line.joined, rate: perSecond(points, 'joined') }, { name: words.waiting, value: line.waiting }, { name: words.called, value: line.called }, { name: words.inside, value: line.inside, of: line.cap },
    ...(seats ? [{ name: words.held, value: seats.held }] : []), ...(sales ? [{ name: words.paying, value: sales.paying }] : []), ...(seats ? [{ name: words.sold, value: seats.sold, of: total, rate: perSecond(points, 'sold') }] : []),
  ]
  const widest = Math.max(1, ...rows.map(({ value }) => value))
  return (
    <Panel title={words.title} className="funnel">
      <dl>{rows.map(({ name, value, of, rate }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd><meter min={0} max={widest} value={value} aria-label={name} /><b className="num">{of === undefined ? count(value) : words.of(value, of)}</b> <span className="note num">{rate === undefined || rate < 0.05 ? '' : words.rate(short(rate))}</span></dd>
        </div>
      ))}</dl>
    </Panel>
  )
}

type PromiseName = Exclude<keyof OperatorWords['promises'], 'title' | 'ok' | 'broken' | 'unknown' | 'checked' | 'again' | 'apart' | 'waiting' | 'rest'>
/** Which rules of `npm run verify` a promise is made of. */
const rulesOf: Record<PromiseName, string[]> = {
  once: ['I1', 'I2', 'I3'], paid: ['I6', 'I7', 'I8', 'I9'], ledger: ['I5'], places: ['I11', 'I12', 'I13'], cap: ['I10'], quota: ['I18'], outbox: ['I15'],
}

export function Promises({ verified, actions }: { verified: Verified | null | undefined; actions?: ReactNode }) {
  const { promises: words } = useOperatorWords()
  const named = new Set(Object.values(rulesOf).flat())
  const broken = (fits: (id: string) => boolean) => verified?.violations.filter(({ id }) => fits(id)).reduce((sum, each) => sum + each.count, 0) ?? 0
  const rows = [...(Object.keys(rulesOf) as PromiseName[]).map((name) => ({ text: words[name], count: broken((id) => rulesOf[name].includes(id)) })), { text: words.rest, count: broken((id) => !named.has(id)) }]
  const sure = verified !== undefined && verified !== null && verified.errors.length === 0
  return (
    <Panel title={words.title} className="promises">
      <ul>{rows.map(({ text, count: found }) => (
        <li key={text} className={found > 0 ? 'broken' : sure ? 'kept' : ''}>
          <Icon name={found > 0 ? 'bad' : sure ? 'good' : 'wait'} /><span>{text}</span><b>{found > 0 ? words.broken(found) : sure ? words.ok : words.unknown}</b>
        </li>
      ))}</ul>
      {verified ? verified.violations.map(({ name, count: found }) => <p key={name} className="note broken" lang="en">{name}: {found}</p>) : null}
      <p className="note num">{verified ? words.checked(verified.checks, verified.ms, timeOf(verified.at)) : verified === null ? words.apart : words.waiting}</p>
      {actions}
    </Panel>
  )
}

export function Pace({ live: { line }, points }: { live: LiveShow; points: Point[] }) {
  const { pace: words, reasons } = useOperatorWords()
  const unhindered = line.live >= line.cap && line.waiting > 0 ? words.full : words.none
  return (
    <Panel title={words.title}>
      <p><b>{line.reason === null ? unhindered : (reasons[line.reason] ?? line.reason)}</b></p>
      <dl className="pairs">
        <div><dt>{words.cap}</dt><dd className="num">{count(line.cap)}</dd></div>
        <div><dt>{words.inside}</dt><dd className="num">{count(line.live)}</dd></div>
        <div><dt>{words.rate}</dt><dd className="num">{words.perSecond(short(line.rate))}{line.ratePerMinute === null ? '' : ` · ${words.limit(line.ratePerMinute)}`}</dd></div>
      </dl>
      <Curve points={points} top={Math.max(line.cap, 1)} label={words.history} />
    </Panel>
  )
}

function Curve({ points, top, label }: { points: Point[]; top: number; label: string }) {
  const [first, last] = [points[0], points.at(-1)]
  if (!first || !last || first.at === last.at) return null
  const x = (at: number) => ((at - first.at) / (last.at - first.at)) * 300
  const y = (inside: number) => 58 - Math.min(1, inside / top) * 56
  return <svg className="curve" viewBox="0 0 300 60" role="img" aria-label={label} preserveAspectRatio="none"><polyline points={points.map((point) => `${x(point.at).toFixed(1)},${y(point.inside).toFixed(1)}`).join(' ')} /></svg>
}

export function FeltByFans({ live: { process: { felt, refusals } } }: { live: LiveShow }) {
  const { felt: words } = useOperatorWords()
  return (
    <Panel title={`${words.title}, ${words.last}`}>
      <table>
        <thead><tr><th scope="col">{words.step}</th><th scope="col">{words.times}</th><th scope="col">{words.half}</th><th scope="col">{words.most}</th></tr></thead>
        <tbody>{(['join', 'hold', 'pay'] as const).map((step) => <tr key={step}><th scope="row">{words[step]}</th><td>{count(felt[step].count)}</td><td>{felt[step].count ? `${count(felt[step].p50Ms)} ms` : '–'}</td><td>{felt[step].count ? `${count(felt[step].p95Ms)} ms` : '–'}</td></tr>)}</tbody>
      </table>
      <p className="note">{refusals.length === 0 ? words.none : `${words.refusals}: `}{refusals.map(({ code, count: times }) => `${code} ${count(times)}`).join(' · ')}</p>
    </Panel>
  )
}

export function Machine({ live: { process: figures } }: { live: LiveShow }) {
  const { machine: words } = useOperatorWords()
  const { databaseConnections: { total, idle, waiting } } = figures
  const pairs: [string, string][] = [
    [words.cpu, `${count(figures.cpuPercent)} %`], [words.memory, `${count(Math.round(figures.memoryBytes / 1_048_576))} MB`], [words.lag, `${count(figures.loopLagMs)} ms`], [words.connections, words.of(total - idle, total, waiting)],
    [words.streams, count(figures.streams)], [words.outbox, count(figures.outboxWaiting)], [words.parked, count(figures.parked)],
  ]
  return <Panel title={words.title} className="machine"><dl className="pairs">{pairs.map(([name, value]) => <div key={name}><dt>{name}</dt><dd className="num">{value}</dd></div>)}</dl></Panel>
}
