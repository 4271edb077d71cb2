import { useEffect, useState } from 'react'
import type { Problem } from '../client.ts'
import { Confirm } from '../parts/dialog.tsx'
import { Notice, ProblemNotice } from '../parts/notice.tsx'
import { useWords } from '../words/index.ts'
import type { WireShow } from '../wire.ts'
import { forgetDraft } from './drafting.ts'
import type { Editing } from './editing.ts'
import { useHallEditorWords } from './spoken.ts'

type Saving = Editing['saving']
type StatesProps = { show: WireShow; saving: Saving; isKept: boolean; liveProblem: Problem | undefined; onTheirs: () => void; onAgain: () => void }

/** What an organiser has to know before going on: a fixed hall, changes of somebody else, no connection, a refusal. */
export function States({ show, saving, isKept, liveProblem, onTheirs, onAgain }: StatesProps) {
  const { state: words } = useHallEditorWords()
  const { common } = useWords()
  const [asked, setAsked] = useState(false)
  const online = useOnline()
  const again = <button type="button" className="button small" onClick={onAgain}>{common.again}</button>
  const choices = <><button type="button" className="button small" onClick={() => setAsked(true)}>{words.theirs}</button><button type="button" className="button small" onClick={() => void saving.save(true)}>{words.mine}</button></>
  const throwAway = () => {
    forgetDraft(show.id)
    onTheirs()
  }
  return (
    <>
      <Fixed status={show.status} />
      {online && saving.problem?.status !== 0 ? null : <Notice icon="wait" title={words.offline}>{words.offlineBody}</Notice>}
      {isKept ? <Notice title={words.kept} actions={<button type="button" className="button small" onClick={() => setAsked(true)}>{words.discard}</button>}>{words.keptBody}</Notice> : null}
      {saving.theirs === undefined ? null : <Notice tone="bad" title={words.moved(saving.theirs)} actions={choices}>{words.movedBody}</Notice>}
      <ProblemNotice problem={saving.problem?.status === 0 ? undefined : saving.problem} actions={saving.problem?.code === 'show_not_draft' ? again : undefined} />
      {typeof saving.problem?.params.detail === 'string' ? <p className="problem" lang="en">{saving.problem.params.detail}</p> : null}
      <ProblemNotice problem={liveProblem} />
      {saving.isDone && !saving.unsaved ? <Notice tone="good" title={words.done} /> : null}
      {asked ? <Confirm title={words.discardSure} yes={words.discard} stop onYes={throwAway} onNo={() => setAsked(false)}><p>{words.discardBody}</p></Confirm> : null}
    </>
  )
}

function Fixed({ status }: Pick<WireShow, 'status'>) {
  const { live: words } = useHallEditorWords()
  switch (status) {
    case 'published': return <Notice icon="lock" title={words.title}>{words.body}</Notice>
    case 'closing': return <Notice icon="wait" title={words.closing}>{words.closingBody}</Notice>
    case 'cancelled': return <Notice icon="lock" title={words.cancelled}>{words.cancelledBody}</Notice>
    default: return null
  }
}

function useOnline(): boolean {
  const [online, setOnline] = useState(navigator.onLine)
  useEffect(() => {
    const changed = () => setOnline(navigator.onLine)
    addEventListener('online', changed)
    addEventListener('offline', changed)
    return () => {
      removeEventListener('online', changed)
      removeEventListener('offline', changed)
    }
  }, [])
  return online
}

type BarProps = { editing: Editing; total: number; isStopped: boolean }

/** How many places there are, whether they are saved, and the one primary button. */
export function Bar({ editing: { saving, canUndo, canRedo, takeBack }, total, isStopped }: BarProps) {
  const { state, acts, grades } = useHallEditorWords()
  const { busy, unsaved } = saving
  return (
    <div className="bar">
      <p className="clock"><b className="num">{grades.capacity(total)}</b><span>{busy ? state.saving : unsaved ? state.unsaved : state.saved}</span></p>
      <button type="button" className="button small" disabled={!canUndo} onClick={() => takeBack('undo')}>{acts.undo}</button>
      <button type="button" className="button small" disabled={!canRedo} onClick={() => takeBack('redo')}>{acts.redo}</button>
      <button type="button" className="button primary" disabled={busy || !unsaved || isStopped} onClick={() => void saving.save()}>{acts.save}</button>
    </div>
  )
}
