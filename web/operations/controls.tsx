import { useState } from 'react'
import type { LiveShow } from '../../src/gateway/war-room.ts'
import { ask, get, post } from '../client.ts'
import { useAct } from '../data.ts'
import { Confirm } from '../parts/dialog.tsx'
import { Notice, ProblemNotice } from '../parts/notice.tsx'
import { useOperatorWords } from './spoken.ts'
import { Panel } from './board.tsx'

type Clocks = { turns: number; passes: number; holds: number; waiting: number }
type Asked = { what: 'pause' | 'close'; clocks: Clocks } | { what: 'resume' | 'cap' | 'message' }

/** What an operator can change; each says its consequence with figures of this moment before it happens. */
export function Controls({ live, onDone }: { live: LiveShow; onDone: () => void }) {
  const { controls: words } = useOperatorWords()
  const [asked, setAsked] = useState<Asked>()
  const [done, setDone] = useState(false)
  const { act, problem, busy } = useAct()
  const base = `/api/operations/shows/${live.show.id}`
  const open = (next: Asked['what']) => act(async () => {
    setDone(false)
    setAsked(next === 'pause' || next === 'close' ? { what: next, clocks: await get<Clocks>(`${base}/clocks`) } : { what: next })
  })
  const change = (what: () => Promise<unknown>) => {
    setAsked(undefined)
    void act(async () => {
      await what()
      setDone(true)
      onDone()
    })
  }
  const button = (what: Asked['what'], text: string, stop = false) => <button type="button" className={`button small ${stop ? 'stop' : ''}`} disabled={busy} onClick={() => void open(what)}>{text}</button>
  return (
    <Panel title={words.title}>
      <div className="row">
        {live.line.paused ? button('resume', words.resume) : button('pause', words.pause)}
        {button('message', words.message)}{button('cap', words.cap)}
        {live.line.phase === 'closed' ? null : button('close', words.close, true)}
      </div>
      {live.line.message ? <p className="note">{words.message}: {live.line.message}</p> : null}
      {done ? <Notice tone="good" title={words.done} /> : null}
      <ProblemNotice problem={problem} />
      {asked ? <Question asked={asked} live={live} base={base} onYes={change} onNo={() => setAsked(undefined)} /> : null}
    </Panel>
  )
}

type QuestionProps = { asked: Asked; live: LiveShow; base: string; onYes: (what: () => Promise<unknown>) => void; onNo: () => void }

function Question({ asked, live, base, onYes, onNo }: QuestionProps) {
  const { controls: words } = useOperatorWords()
  const put = (body: unknown) => ask('PUT', `${base}/line`, { body })
  const [text, setText] = useState(asked.what === 'cap' ? String(live.line.cap) : (live.line.message ?? ''))
  switch (asked.what) {
    case 'pause': return <Confirm title={words.pauseSure} yes={words.pause} stop onYes={() => onYes(() => post(`${base}/pause`))} onNo={onNo}><p>{words.pauseBody(asked.clocks.turns, asked.clocks.passes, asked.clocks.holds)}</p></Confirm>
    case 'close': return <Confirm title={words.closeSure} yes={words.close} stop onYes={() => onYes(() => post(`${base}/close`))} onNo={onNo}><p>{words.closeBody(asked.clocks.waiting)}</p></Confirm>
    case 'resume': return <Confirm title={words.resumeSure} yes={words.resume} onYes={() => onYes(() => post(`${base}/resume`))} onNo={onNo}><p>{words.resumeBody}</p></Confirm>
    case 'cap': return (
      <Confirm title={words.capSure} yes={words.save} onYes={() => onYes(() => put({ cap: Number(text) }))} onNo={onNo}>
        <p>{words.capBody}</p>
        <Entry label={words.cap} value={text} onValue={(value) => setText(value.replace(/\D/g, ''))} numeric />
      </Confirm>
    )
    default: return (
      <Confirm title={words.messageSure} yes={text.trim() === '' ? words.clear : words.save} onYes={() => onYes(() => put({ message: text.trim() === '' ? null : text.trim() }))} onNo={onNo}>
        <p>{words.messageBody}</p>
        <Entry label={words.message} value={text} onValue={setText} />
      </Confirm>
    )
  }
}

function Entry({ label, value, onValue, numeric = false }: { label: string; value: string; onValue: (value: string) => void; numeric?: boolean }) {
  return <div className="field"><label htmlFor="entry">{label}</label><input id="entry" value={value} maxLength={120} inputMode={numeric ? 'numeric' : 'text'} autoComplete="off" onChange={(event) => onValue(event.target.value)} /></div>
}
