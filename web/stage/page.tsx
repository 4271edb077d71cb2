import '../styles/stage.css'
import { useContext, useEffect, useState } from 'react'
import type { LiveShow } from '../../src/gateway/war-room.ts'
import type { CrowdState, StageState } from '../../src/stage/messages.ts'
import { post, serverNow } from '../client.ts'
import { useAct, useNow, useRead } from '../data.ts'
import { FeltByFans, Funnel, Machine, Pace, Promises } from '../operations/board.tsx'
import { perSecond, useHistory } from '../operations/history.ts'
import { sentenceOf } from '../operations/sentence.ts'
import { useOperatorWords } from '../operations/spoken.ts'
import { useVerified } from '../operations/verified.ts'
import { Loaded, Page } from '../parts/frame.tsx'
import { Icon } from '../parts/icon.tsx'
import { Notice, ProblemNotice } from '../parts/notice.tsx'
import { keepSession } from '../session.ts'
import { LanguageContext } from '../words/index.ts'
import { en, ko, type StageWords } from './words.ts'

type Demo = { fan: { email: string; password: string }; size: { fans: number; seats: number }; state: StageState }
type Session = Parameters<typeof keepSession>[0]
const readEveryMs = 1_000
/** so long after the last word of the server it is taken for dead, on a page that has asked every second */
const deadMs = 2_500
const useStageWords = (): StageWords => (useContext(LanguageContext) === 'ko' ? ko : en)

export function StagePage() {
  const words = useStageWords()
  const demo = useRead<Demo>('/api/demo', { everyMs: readEveryMs })
  if (demo.problem?.status === 404) return <Page title={words.title}><p>{words.notHere}</p></Page>
  // while the server is dead the last picture stays
  return <Page title={words.title} width="stage">{demo.data ? <Stage demo={demo.data} reload={demo.reload} alive={demo.problem === undefined} /> : <Loaded read={demo}>{() => null}</Loaded>}</Page>
}

function Stage({ demo: { fan, size, state }, reload, alive }: { demo: Demo; reload: () => void; alive: boolean }) {
  const words = useStageWords()
  const { act, busy, problem } = useAct()
  const [showId, setShowId] = useState<string>()
  const crowd = state.crowd ?? undefined
  const playing = showId ?? crowd?.showId
  // whoever comes first is let in at once and sees no line: you come when a third of them stand
  const hasCrowd = crowd !== undefined && crowd.showId === playing && (crowd.isOver || crowd.joined * 3 >= crowd.fans)
  const isRunning = crowd !== undefined && !crowd.isOver
  const live = useRead<LiveShow>(playing ? `/api/demo/shows/${playing}/live` : null, { everyMs: readEveryMs })
  const deadSince = useDeadSince(alive && live.problem === undefined)
  const start = () => act(async () => {
    keepSession(await post<Session>('/api/sessions', fan, { anonymous: true }))
    const made = await post<{ showId: string }>('/api/demo/rush')
    setShowId(made.showId)
    reload()
  })
  const kill = () => act(async () => {
    await post('/api/demo/kill')
  })
  const mayKill = isRunning && alive && (crowd?.paidSeats ?? 0) > 0
  return (
    <div className="stage-page">
      <p className="lead">{words.lead(size.seats, size.fans)}</p>
      <div className="scene">
        <div className="stack controls">
          <div className="cue">
            <p className="num" role="status">{narration({ words, crowd, state, busy, deadSince })}</p>
            <div className="row">
              <button type="button" className="button primary" disabled={busy || isRunning || !alive} onClick={() => void start()}>{isRunning ? words.running : crowd ? words.again : words.start}</button>
              <button type="button" className="button stop" disabled={!mayKill || busy} onClick={() => void kill()}>{words.kill}</button>
            </div>
          </div>
          <ProblemNotice problem={problem?.status === 0 ? undefined : problem} />
          {crowd?.report ? <Audit report={crowd.report} seats={crowd.seats} /> : crowd?.error ? <Notice tone="bad" title={words.say.failed}>{crowd.error}</Notice> : null}
        </div>
        <section className="phone" aria-label={words.phone}>
          <h2>{words.phone}</h2>
          {playing && hasCrowd ? <iframe key={playing} title={words.phone} src={`/shows/${playing}/line#join`} /> : <p className="note">{playing ? words.crowding : words.waiting}</p>}
          {playing ? <p className="note">{words.own}</p> : null}
        </section>
        <section className={deadSince === undefined ? 'room' : 'room dead'} aria-label={words.warRoom}>
          <h2>{words.warRoom}</h2>
          {live.data ? <Picture live={live.data} deadForSeconds={deadSince === undefined ? undefined : secondsSince(deadSince)} /> : null}
          <p className="note">{words.crowd(crowd?.fans ?? size.fans)}</p>
        </section>
      </div>
    </div>
  )
}

/** When the server was heard last, if that is long ago. */
function useDeadSince(alive: boolean): number | undefined {
  const [lostAt, setLostAt] = useState<number>()
  useEffect(() => setLostAt(alive ? undefined : (known) => known ?? Date.now()), [alive])
  return lostAt
}

const secondsSince = (deadSince: number) => Math.max(1, Math.round((Date.now() - deadSince + deadMs / 2) / 1_000))

function narration({ words: { say }, crowd, state, busy, deadSince }: { words: StageWords; crowd: CrowdState | undefined; state: StageState; busy: boolean; deadSince: number | undefined }): string {
  if (deadSince !== undefined) return say.dead(secondsSince(deadSince))
  if (!crowd) return busy ? say.opening : say.idle
  if (crowd.error !== null) return say.failed
  if (crowd.report) return say.over
  if (state.kills > 0 && state.backMs !== null && !crowd.isOver) return say.back((state.backMs / 1_000).toFixed(1), state.kills)
  return crowd.paidSeats > 0 ? say.selling(crowd.paidSeats, crowd.lostRaces) : say.arriving(crowd.joined)
}

/** What was seen last stays, but nobody says of a server that is gone that nothing is wrong. */
function Picture({ live, deadForSeconds }: { live: LiveShow; deadForSeconds: number | undefined }) {
  const words = useOperatorWords()
  const points = useHistory(live)
  const { verified } = useVerified('/api/demo/verify')
  useNow()
  const said = sentenceOf(live, { verified, soldPerSecond: perSecond(points, 'sold'), now: serverNow(), words })
  return (
    <div className="stack">
      <p className={`sentence num ${said.isFine && deadForSeconds === undefined ? '' : 'wrong'}`}>{deadForSeconds === undefined ? said.text : words.stale(deadForSeconds)}</p>
      <Funnel live={live} points={points} />
      <div className="pair"><Pace live={live} points={points} /><FeltByFans live={live} /></div>
      <div className="pair"><Machine live={live} /><Promises verified={verified} /></div>
    </div>
  )
}

function Audit({ report, seats }: { report: NonNullable<CrowdState['report']>; seats: number }) {
  const { audit: words } = useStageWords()
  const refused = Object.values(report.refusals).reduce((sum, n) => sum + n, 0)
  const rows: [string, string][] = [
    [words.sold, words.of(report.sold, seats)], [words.twice, words.times(report.soldTwice)], [words.lost, words.times(report.lost)], [words.unexpected, words.times(report.unexpected)],
    [words.violations, report.verified ? words.times(report.violations) : words.unverified], [words.kills, words.times(report.kills)], [words.wait, words.seconds(report.meanWaitSeconds)],
    [words.sale, words.seconds(report.saleSeconds)], [words.rate, String(report.journeysPerSecond)], [words.refused, words.times(refused)],
  ]
  return (
    <section className={`audit ${report.sound ? 'sound' : 'unsound'}`}>
      <h2>{words.title}</h2>
      <p className="verdict"><Icon name={report.sound ? 'good' : 'bad'} />{report.sound ? words.sound : words.unsound}</p>
      <dl>{rows.map(([name, value]) => <div key={name}><dt>{name}</dt><dd className="num">{value}</dd></div>)}</dl>
    </section>
  )
}
