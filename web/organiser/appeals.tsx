import { type FormEvent, useState } from 'react'
import type { Buyer } from '../../src/gateway/buyers.ts'
import { post } from '../client.ts'
import { useAct, usePerson } from '../data.ts'
import { when } from '../language.ts'
import { Panel } from '../operations/board.tsx'
import { Labelled } from '../parts/field.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { useLeaveGuard } from './leaving.ts'
import { useSalesWords } from './sales-spoken.ts'

type Appeal = Buyer['appeals'][number]
const answerMax = 1_000

/** What the fan says is wrong; only operators answer, for they run the gate it is about. */
export function Appeals({ appeals, reload }: { appeals: Appeal[]; reload: () => Promise<void> }) {
  const { appeals: words } = useSalesWords()
  const isOperator = usePerson()?.role === 'operator'
  return (
    <Panel title={words.title}>
      {appeals.length === 0 ? <p className="note">{words.none}</p> : (
        <ul className="note-list">{appeals.map((appeal) => (
          <li key={appeal.id} className="stack">
            <div><p>{appeal.text}</p><p className="note num">{when(appeal.filedAt)}</p></div>
            {appeal.outcome === null ? (isOperator ? <Answer appeal={appeal} reload={reload} /> : <p className="note">{words.waiting}</p>) : (
              <div><p><b>{appeal.outcome === 'upheld' ? words.upheld : words.declined}</b></p><p>{appeal.answer}</p></div>
            )}
          </li>
        ))}</ul>
      )}
    </Panel>
  )
}

function Answer({ appeal: { id }, reload }: { appeal: Appeal; reload: () => Promise<void> }) {
  const { appeals: words, notes } = useSalesWords()
  const [outcome, setOutcome] = useState<'upheld' | 'declined'>('upheld')
  const [answer, setAnswer] = useState('')
  const { act, busy, problem } = useAct()
  useLeaveGuard(answer.trim() !== '', notes.leave)
  const send = (event: FormEvent) => {
    event.preventDefault()
    void act(async () => {
      await post(`/api/operations/appeals/${id}/answer`, { outcome, answer: answer.trim() })
      await reload()
    })
  }
  return (
    <form className="stack" onSubmit={send}>
      <fieldset><legend className="hush">{words.outcome}</legend>
        {(['upheld', 'declined'] as const).map((each) => <label key={each} className="check"><input type="radio" name={`outcome-${id}`} checked={outcome === each} onChange={() => setOutcome(each)} />{each === 'upheld' ? words.uphold : words.decline}</label>)}
      </fieldset>
      <Labelled label={words.answer} hint={words.once}>{(tied) => <textarea {...tied} name="answer" value={answer} maxLength={answerMax} onChange={(event) => setAnswer(event.target.value)} />}</Labelled>
      <ProblemNotice problem={problem} />
      <button type="submit" className="button small" disabled={busy || answer.trim() === ''}>{words.send}</button>
    </form>
  )
}
