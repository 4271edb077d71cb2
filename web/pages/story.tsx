import { useRead } from '../data.ts'
import { won } from '../language.ts'
import { Loaded, Own, Page } from '../parts/frame.tsx'
import { Notice } from '../parts/notice.tsx'
import type { Step, WireShow } from '../wire.ts'
import { useWords } from '../words/index.ts'
import { Appeals } from './appeals.tsx'

const mine = new Set(['called', 'claimed', 'held', 'sold', 'confirmed'])

export function StoryPage({ id }: { id: string }) {
  const { story } = useWords()
  return <Own title={story.title}><Story id={id} /></Own>
}

function Story({ id }: { id: string }) {
  const { story: words } = useWords()
  const read = useRead<{ steps: Step[] }>(`/api/shows/${id}/queue/me/story`)
  const show = useRead<WireShow>(`/api/shows/${id}`)
  return (
    <Page title={words.title}>
      <p className="note">{show.data ? `${show.data.title} · ${show.data.venue}` : ''}<br />{words.lead}</p>
      <Loaded read={read}>{({ steps }) => steps.length === 0 ? <Notice title={words.none} /> : <Steps steps={steps} showId={id} />}</Loaded>
      <Appeals showId={id} />
    </Page>
  )
}

/** The record of a turn, to the fan and to whoever helps the fan alike. */
export const Steps = ({ steps, showId }: { steps: Step[]; showId: string }) => <ol className="steps">{steps.filter(isTold).map((step) => <Entry key={`${step.at}${step.service}${step.what}`} step={step} showId={showId} />)}</ol>

/** Two services tell of one moment, one after the other: the one that knows more comes last. */
const isTold = ({ what, service }: Step, i: number, steps: Step[]) => steps[i + 1]?.what !== what || steps[i + 1]?.service === service

function Entry({ step: { at, what, detail }, showId }: { step: Step; showId: string }) {
  const { story: words, common } = useWords()
  const parts = [
    typeof detail.rank === 'number' ? words.number(detail.rank.toLocaleString()) : typeof detail.number === 'number' ? words.number(detail.number.toLocaleString()) : '',
    Array.isArray(detail.seatIds) ? common.seats(detail.seatIds.length) : '',
    typeof detail.amount === 'number' ? won(detail.amount) : typeof detail.refund === 'number' ? won(detail.refund) : '',
    words.reasons[String(detail.reason ?? detail.refusal ?? '')] ?? (what === 'seats_refunded' ? String(detail.reason) : ''),
  ].filter(Boolean)
  return (
    <li className={mine.has(what) ? 'mine' : ''}>
      <p><b>{words.steps[what] ?? what}</b>{parts.length > 0 ? ` · ${parts.join(' · ')}` : ''}</p>
      <p className="note num"><time dateTime={at}>{exactly(at)}</time></p>
      {what === 'drawn' ? <p><a href={`/draw-proof?show=${showId}&window=${detail.windowId}&lang=${document.documentElement.lang}`}>{words.proof}</a></p> : null}
    </li>
  )
}

/** To the second: order is what people ask about. */
function exactly(at: string) {
  return new Intl.DateTimeFormat(document.documentElement.lang === 'ko' ? 'ko-KR' : 'en-GB', { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }).format(new Date(at))
}
