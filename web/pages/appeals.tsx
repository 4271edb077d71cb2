import { type FormEvent, useState } from 'react'
import { post } from '../client.ts'
import { useAct, useRead } from '../data.ts'
import { when } from '../language.ts'
import { Loaded } from '../parts/frame.tsx'
import { Labelled } from '../parts/field.tsx'
import { Notice, ProblemNotice } from '../parts/notice.tsx'
import type { WireAppeal } from '../wire.ts'
import { useWords } from '../words/index.ts'

const textMax = 1_000

/** "This is wrong": what was decided about somebody goes before a person, with what the gate wrote down. */
export function Appeals({ showId }: { showId: string }) {
  const { story: { appeals: words } } = useWords()
  const path = `/api/shows/${showId}/queue/appeals`
  const read = useRead<{ items: WireAppeal[] }>(path)
  const [open, setOpen] = useState(() => location.hash === '#appeals')
  return (
    <section className="stack" aria-labelledby="appeals">
      <h2 id="appeals">{words.title}</h2>
      <Loaded read={read}>{({ items }) => (
        <>
          {items.length === 0 ? null : <ul className="stack">{items.map((appeal) => <li key={appeal.id}><Filed appeal={appeal} /></li>)}</ul>}
          {open ? <File path={path} onFiled={() => { setOpen(false); read.reload() }} /> : <><p className="note">{words.lead}</p><p><button type="button" className="button small" onClick={() => setOpen(true)}>{words.open}</button></p></>}
        </>
      )}</Loaded>
    </section>
  )
}

function File({ path, onFiled }: { path: string; onFiled: () => void }) {
  const { story: { appeals: words }, common } = useWords()
  const [text, setText] = useState('')
  const { act, busy, problem } = useAct()
  const file = (event: FormEvent) => {
    event.preventDefault()
    if (text.trim() !== '') void act((key) => post(path, { text: text.trim() }, { key }).then(onFiled))
  }
  return (
    <form className="stack" onSubmit={file}>
      <Labelled label={words.label} hint={words.hint}>{(tied) => <textarea {...tied} rows={4} maxLength={textMax} required value={text} onChange={(event) => setText(event.target.value)} />}</Labelled>
      <ProblemNotice problem={problem} />
      <p className="row"><button type="submit" className="button primary" disabled={busy}>{words.send}</button></p>
      <p className="hush" role="status">{busy ? common.loading : ''}</p>
    </form>
  )
}

function Filed({ appeal: { text, filedAt, outcome, answer, answeredAt, evidence } }: { appeal: WireAppeal }) {
  const { story: { appeals: words } } = useWords()
  return (
    <article className="card stack">
      <p className="row"><span className={`tag ${outcome === 'upheld' ? 'good' : outcome === null ? 'mine' : ''}`}>{outcome === null ? words.waiting : words.outcomes[outcome]}</span><span className="note">{when(filedAt)}</span></p>
      <p>{text}</p>
      {evidence.length === 0 ? null : <ul className="note">{evidence.map(({ rule, count, firstAt }) => <li key={`${rule}${firstAt}`}>{words.evidence(words.rules[rule] ?? rule, count)}</li>)}</ul>}
      {answer === null ? <p className="note">{words.waitingBody}</p> : <Notice tone={outcome === 'upheld' ? 'good' : 'plain'} title={answer}>{answeredAt === null ? null : when(answeredAt)}</Notice>}
    </article>
  )
}
