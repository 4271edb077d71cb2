import { type FormEvent, useState } from 'react'
import type { Buyer } from '../../src/gateway/buyers.ts'
import { post } from '../client.ts'
import { useAct } from '../data.ts'
import { when } from '../language.ts'
import { Panel } from '../operations/board.tsx'
import { Labelled } from '../parts/field.tsx'
import { Notice, ProblemNotice } from '../parts/notice.tsx'
import { useLeaveGuard } from './leaving.ts'
import { useSalesWords } from './sales-spoken.ts'

const lengthMax = 1_000

/** What colleagues should know the next time; it says beforehand who will be able to read it. */
export function Notes({ showId, userId, notes, reload }: { showId: string; userId: string; notes: Buyer['notes']; reload: () => Promise<void> }) {
  const { notes: words } = useSalesWords()
  const [text, setText] = useState('')
  const [added, setAdded] = useState(false)
  const { act, busy, problem } = useAct()
  useLeaveGuard(text.trim() !== '', words.leave)
  const add = (event: FormEvent) => {
    event.preventDefault()
    setAdded(false)
    void act(async (key) => {
      await post(`/api/shows/${showId}/buyers/${userId}/notes`, { text: text.trim() }, { key })
      setText('')
      setAdded(true)
      await reload()
    })
  }
  return (
    <Panel title={words.title}>
      {notes.length === 0 ? <p className="note">{words.none}</p> : <ul className="note-list">{notes.map((note) => <li key={note.id}><p>{note.text}</p><p className="note num">{note.author} · {when(note.at)}</p></li>)}</ul>}
      <form className="stack" onSubmit={add}>
        <Labelled label={words.text} hint={`${words.left(lengthMax - text.length)} · ${words.lead}`}>{(tied) => <textarea {...tied} name="note" value={text} maxLength={lengthMax} onChange={(event) => setText(event.target.value)} />}</Labelled>
        {added ? <Notice tone="good" title={words.added} /> : null}
        <ProblemNotice problem={problem} />
        <button type="submit" className="button small" disabled={busy || text.trim() === ''}>{words.add}</button>
      </form>
    </Panel>
  )
}
