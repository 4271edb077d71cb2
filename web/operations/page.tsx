import type { LiveShow } from '../../src/gateway/war-room.ts'
import { post, serverNow } from '../client.ts'
import { useAct, useNow, usePerson, useRead } from '../data.ts'
import { timeOf, when } from '../language.ts'
import { Loaded, Own, Page } from '../parts/frame.tsx'
import { Notice, ProblemNotice } from '../parts/notice.tsx'
import { navigate } from '../router.tsx'
import { FeltByFans, Funnel, Machine, Pace, Panel, Promises } from './board.tsx'
import { Controls } from './controls.tsx'
import { perSecond, useHistory } from './history.ts'
import { sentenceOf } from './sentence.ts'
import { useOperatorWords } from './spoken.ts'
import { useVerified } from './verified.ts'

type Act = { at: string; service: string; actor: string; action: string; before: Record<string, unknown> | null; after: Record<string, unknown> }
const readEveryMs = 1_000
const auditEveryMs = 10_000
const staleMs = 5_000
/** enough to tell two people apart; the record has the whole id */
const actorShown = 8

export function WarRoomPage({ id }: { id: string }) {
  const words = useOperatorWords()
  return <Own title={words.title}><WarRoom id={id} /></Own>
}

function WarRoom({ id }: { id: string }) {
  const words = useOperatorWords()
  const live = useRead<LiveShow>(`/api/operations/shows/${id}/live`, { everyMs: readEveryMs })
  const title = live.data ? words.of(live.data.show.title) : words.title
  return <Page title={title} width="war">{live.problem?.status === 403 ? <Notice title={words.forOperators} /> : <Loaded read={live}>{(data) => <Board live={data} reload={live.reload} />}</Loaded>}</Page>
}

function Board({ live, reload }: { live: LiveShow; reload: () => void }) {
  const words = useOperatorWords()
  const points = useHistory(live)
  const { verified, check, problem, busy } = useVerified('/api/operations/verify')
  const now = useNow()
  const said = sentenceOf(live, { verified, soldPerSecond: perSecond(points, 'sold'), now: serverNow(), words })
  const ageMs = now - Date.parse(live.at)
  return (
    <div className="war-room">
      <p className={`sentence num ${said.isFine ? '' : 'wrong'}`} role="status">{said.text}</p>
      {ageMs > staleMs ? <Notice icon="wait" title={words.stale(Math.round(ageMs / 1_000))} /> : null}
      <div className="boards">
        <div className="stack">
          <Funnel live={live} points={points} />
          <div className="pair"><Pace live={live} points={points} /><FeltByFans live={live} /></div>
          <Machine live={live} />
          <Audit showId={live.show.id} />
        </div>
        <div className="stack">
          <Controls live={live} onDone={reload} />
          <Promises verified={verified} actions={verified === null ? undefined : <button type="button" className="button small" disabled={busy} onClick={() => void check()}>{words.promises.again}</button>} />
          <ProblemNotice problem={problem} />
          {live.mayRehearse ? <Rehearsal /> : null}
        </div>
      </div>
    </div>
  )
}

/** Only where a process stands by to be the crowd. */
function Rehearsal() {
  const { crowd: words } = useOperatorWords()
  const { act, busy, problem } = useAct()
  const start = () => act(async () => {
    const { showId } = await post<{ showId: string }>('/api/operations/rehearsals/crowd')
    navigate(`/operations/shows/${showId}`)
  })
  return (
    <Panel title={words.title}>
      <p className="note">{words.body}</p>
      <button type="button" className="button small" disabled={busy} onClick={() => void start()}>{words.start}</button>
      <ProblemNotice problem={problem} />
    </Panel>
  )
}

function Audit({ showId }: { showId: string }) {
  const { audit: words } = useOperatorWords()
  const own = usePerson()?.id
  const acts = useRead<{ items: Act[] }>(`/api/operations/audit?target=${showId}&limit=20`, { everyMs: auditEveryMs })
  return (
    <Panel title={words.title}>
      <Loaded read={acts}>{({ items }) => items.length === 0 ? <p className="note">{words.none}</p> : (
        <ul className="acts">{items.map((act) => (
          <li key={`${act.at}${act.action}`}><span className="num">{timeOf(act.at)}</span> <b>{words.actions[act.action] ?? act.action}</b> · {act.actor === own ? words.you : <span className="code">{act.actor.slice(0, actorShown)}</span>} <span className="note code" lang="en">{changed(act)}</span></li>
        ))}</ul>
      )}</Loaded>
    </Panel>
  )
}

/** Only what became another, as it was and as it is; long things by their name alone. */
function changed({ before, after }: Act): string {
  const text = (value: unknown, key: string) => {
    if (typeof value === 'number' && /At$/.test(key)) return when(value)
    const written = JSON.stringify(value) ?? ''
    return written.length > 40 ? '…' : written
  }
  return Object.keys(after ?? {}).filter((key) => key !== 'windowId' && text(before?.[key], key) !== text(after[key], key))
    .map((key) => `${key} ${before ? `${text(before[key], key)} → ` : ''}${text(after[key], key)}`).slice(0, 4).join(', ')
}
