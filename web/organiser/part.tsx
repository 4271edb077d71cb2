import '../styles/organiser.css'
import { type FormEvent, type ReactNode, useId, useState } from 'react'
import { Notice, ProblemNotice } from '../parts/notice.tsx'
import type { Draft, Editing, Saving } from './editing.ts'
import { useOrganiserWords } from './spoken.ts'

type Props = {
  id: string
  title: string
  lead?: string
  /** why nothing here can be changed now */
  lock?: string | undefined
  draft: Pick<Draft<object>, 'isDirty' | 'drop'>
  saving: Saving
  editing: Pick<Editing<{ version: number }>, 'takeTheirs'>
  isWrong: boolean
  /** says whether what is wrong is to be shown: not before somebody tried to save */
  children: (tried: boolean) => ReactNode
}

/** One part of what is edited: its fields, what cannot be changed and why, and saving with all that can come of it. */
export function Part({ id, title, lead, lock, draft, saving, editing, isWrong, children }: Props) {
  const { edit } = useOrganiserWords()
  const [tried, setTried] = useState(false)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (!isWrong) saving.save()
  }
  const drop = () => {
    setTried(false)
    draft.drop()
    saving.clear()
  }
  const locked = useId()
  return (
    <section className="part" id={id} aria-labelledby={`${id}-title`}>
      <div className="row"><h2 id={`${id}-title`}>{title}</h2>{draft.isDirty ? <span className="tag">{edit.unsaved}</span> : null}</div>
      {lead ? <p className="note">{lead}</p> : null}
      {lock ? <p className="note locked" id={locked}>{lock}</p> : null}
      <form onSubmit={submit} noValidate>
        <fieldset disabled={lock !== undefined} aria-labelledby={`${id}-title`} aria-describedby={lock ? locked : undefined}>{children(tried && isWrong)}</fieldset>
        {saving.isConflict ? <Conflict saving={saving} takeTheirs={editing.takeTheirs} /> : <ProblemNotice problem={saving.problem} />}
        {saving.isSaved && !draft.isDirty ? <Notice tone="good" title={edit.saved} /> : null}
        {draft.isDirty && !saving.isConflict ? (
          <div className="row">
            <button type="submit" className="button primary" disabled={saving.busy}>{edit.save}</button>
            <button type="button" className="button" disabled={saving.busy} onClick={drop}>{edit.drop}</button>
          </div>
        ) : null}
      </form>
    </section>
  )
}

function Conflict({ saving, takeTheirs }: { saving: Saving; takeTheirs: () => Promise<void> }) {
  const { edit } = useOrganiserWords()
  const actions = (
    <>
      <button type="button" className="button small" disabled={saving.busy} onClick={() => void takeTheirs()}>{edit.theirs}</button>
      <button type="button" className="button small stop" disabled={saving.busy} onClick={() => saving.save(true)}>{edit.mine}</button>
    </>
  )
  return <Notice tone="bad" urgent title={edit.conflict} actions={actions}>{edit.conflictBody}</Notice>
}

/** Told at the top of a page, before anybody tries to save. */
export function Newer({ editing }: { editing: Pick<Editing<{ version: number }>, 'newer' | 'takeTheirs'> }) {
  const { edit } = useOrganiserWords()
  if (!editing.newer) return null
  return <Notice title={edit.newer} actions={<button type="button" className="button small" onClick={() => void editing.takeTheirs()}>{edit.theirs}</button>}>{edit.newerBody}</Notice>
}
