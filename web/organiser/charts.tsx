import { useState } from 'react'
import type { Sales } from '../../src/gateway/sales.ts'
import { count, dayOf, timeOf, when, won } from '../language.ts'
import { GradeSign } from '../parts/grade.tsx'
import { lookOf } from '../parts/looks.ts'
import { Panel } from '../operations/board.tsx'
import { type Bar, barsOf, type Range, rangeOf } from './over-time.ts'
import { useSalesWords } from './sales-spoken.ts'

const [width, height] = [720, 180]
const ranges: Range[] = ['minutes', 'hours', 'days']
const sum = (bars: Bar[], of: 'seats' | 'refundedSeats') => bars.reduce((total, bar) => total + bar[of], 0)

/** Bars up are sold, bars down came back; the same figures stand in a table below. */
export function OverTime({ sales }: { sales: Sales }) {
  const { over: words } = useSalesWords()
  const [chosen, choose] = useState<Range>()
  const range = chosen ?? rangeOf(sales)
  const bars = barsOf(sales, range)
  const zone = sales.show.timeZone
  // a day is a name, not an instant: read where it was written
  const nameOf = ({ from }: Bar) => (range === 'days' ? dayOf(from, 'UTC') : range === 'hours' ? when(from, zone) : timeOf(from, zone))
  const [sold, refunded] = [sum(bars, 'seats'), sum(bars, 'refundedSeats')]
  const [first, last] = [bars[0], bars.at(-1)]
  const filled = bars.filter(({ seats, refundedSeats }) => seats + refundedSeats > 0)
  return (
    <Panel title={words.title} className="over-time">
      <div className="row ranges">{ranges.map((each) => <button key={each} type="button" className="button small" aria-pressed={each === range} onClick={() => choose(each)}>{words[each]}</button>)}</div>
      {filled.length === 0 || !first || !last ? <p className="note">{words.none}</p> : (
        <>
          <figure>
            <Bars bars={bars} label={words.label(sold, refunded, nameOf(first), nameOf(last))} />
            <figcaption className="axis note num"><span>{nameOf(first)}</span><span>{nameOf(bars[Math.floor(bars.length / 2)] ?? first)}</span><span>{nameOf(last)}</span></figcaption>
          </figure>
          <p className="note">{words.per[range]} · {words.most(Math.max(...bars.map(({ seats }) => seats)))} · {words.bars} · {words.zone(zone)}</p>
          <details>
            <summary>{words.table}</summary>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
            <section className="wide-table" tabIndex={0} aria-label={words.title}>
              <table>
                <thead><tr><th scope="col">{range === 'days' ? words.day : words.time}</th><th scope="col">{words.seats}</th><th scope="col">{words.won}</th><th scope="col">{words.refunded}</th></tr></thead>
                <tbody>{filled.map((bar) => <tr key={bar.from}><th scope="row">{nameOf(bar)}</th><td>{count(bar.seats)}</td><td>{won(bar.won)}</td><td>{count(bar.refundedSeats)}</td></tr>)}</tbody>
              </table>
            </section>
          </details>
        </>
      )}
    </Panel>
  )
}

function Bars({ bars, label }: { bars: Bar[]; label: string }) {
  const up = Math.max(1, ...bars.map(({ seats }) => seats))
  const down = Math.max(0, ...bars.map(({ refundedSeats }) => refundedSeats))
  const zero = height * (up / (up + down))
  const scale = height / (up + down)
  const step = width / bars.length
  return (
    <svg className="bars" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label={label}>
      {bars.map(({ from, seats, refundedSeats }, i) => (
        <g key={from}>
          {seats > 0 ? <rect className="sold" x={i * step + step * 0.1} width={step * 0.8} y={zero - Math.max(2, seats * scale)} height={Math.max(2, seats * scale)} /> : null}
          {refundedSeats > 0 ? <rect className="refunded" x={i * step + step * 0.1} width={step * 0.8} y={zero} height={Math.max(2, refundedSeats * scale)} /> : null}
        </g>
      ))}
      <line x1="0" x2={width} y1={zero} y2={zero} />
    </svg>
  )
}

/** The hall is dark and grades have their colours there: so is the strip that says how much of each is sold. */
export function Shares({ grades }: { grades: Sales['grades'] }) {
  const { grades: words } = useSalesWords()
  return (
    <>
      <ul className="shares">{grades.map(({ grade, capacity, sold, held, available, returned, blocked }, index) => {
        const sellable = capacity - blocked
        return (
          <li key={grade}>
            <p className="between"><span className="row"><GradeSign index={index} name={grade} /><b>{grade}</b></span><span className="num">{words.share(sold, sellable)} <b>{percentOf(sold, sellable)}%</b></span></p>
            <Strip parts={[sold, held, available + returned, blocked]} fill={lookOf(index).fill} id={`grade-${index}`} label={words.label(grade, sold, held, available + returned, blocked)} />
          </li>
        )
      })}</ul>
      <p className="note">{words.legend}</p>
    </>
  )
}

export const percentOf = (part: number, all: number) => (all === 0 ? 0 : part === all ? 100 : Math.min(99, Math.round((100 * part) / all)))

function Strip({ parts, fill, id, label }: { parts: [sold: number, held: number, left: number, blocked: number]; fill: string; id: string; label: string }) {
  const total = Math.max(1, parts.reduce((all, part) => all + part, 0))
  const ends = parts.map((_, i) => (720 * parts.slice(0, i + 1).reduce((all, part) => all + part, 0)) / total)
  const [sold = 0, held = 0, left = 0, blocked = 0] = ends
  return (
    <svg className="strip" viewBox="0 0 720 20" preserveAspectRatio="none" role="img" aria-label={label}>
      <defs>
        <pattern id={`${id}-held`} width="8" height="8" patternUnits="userSpaceOnUse"><path d="M0 8 8 0M-2 2 2-2M6 10 10 6" stroke={fill} strokeWidth="2.500" /></pattern>
        <pattern id={`${id}-blocked`} width="8" height="8" patternUnits="userSpaceOnUse"><circle cx="4" cy="4" r="1.200" fill="#8D8899" /></pattern>
      </defs>
      <rect width="720" height="20" fill="#17161C" />
      <rect width={sold} height="20" fill={fill} />
      <rect x={sold} width={held - sold} height="20" fill={`url(#${id}-held)`} />
      <rect x={left} width={blocked - left} height="20" fill={`url(#${id}-blocked)`} />
    </svg>
  )
}
