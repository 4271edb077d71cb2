import { useState } from 'react'
import { ask, post } from '../client.ts'
import { useAct } from '../data.ts'
import { Confirm } from '../parts/dialog.tsx'
import { Field } from '../parts/field.tsx'
import { Notice, ProblemNotice } from '../parts/notice.tsx'
import { leaveUnasked, navigate } from '../router.tsx'
import type { WireShow } from '../wire.ts'
import type { Editing } from './editing.ts'
import { TextArea } from './fields.tsx'
import { useOrganiserWords } from './spoken.ts'

type Props = { show: WireShow; editing: Editing<WireShow> }

/** Taking a show back, cancelling it, deleting a draft: each with its consequence, and asked once more. */
export function Life({ show, editing }: Props) {
  const { life: words } = useOrganiserWords()
  const [asked, setAsked] = useState<'unpublish' | 'cancel' | 'remove'>()
  const { act, busy, problem } = useAct()
  const base = `/api/shows/${show.id}`
  const no = () => setAsked(undefined)
  const change = (what: () => Promise<unknown>) => {
    no()
    void act(what)
  }
  const remove = async () => {
    await ask('DELETE', base)
    leaveUnasked()
    navigate(`/organiser/concerts/${show.concertId}`, { replace: true })
  }
  return (
    <section className="panel" aria-labelledby="life">
      <h2 id="life">{words.title}</h2>
      <ProblemNotice problem={problem} />
      {show.status === 'published' ? (
        <>
          <p className="note">{words.unpublishBody}</p>
          <button type="button" className="button small" disabled={busy} onClick={() => setAsked('unpublish')}>{words.unpublish}</button>
          <p className="note">{words.cancelBody}</p>
          <button type="button" className="button small stop" disabled={busy} onClick={() => setAsked('cancel')}>{words.cancel}</button>
        </>
      ) : null}
      {show.status === 'draft' ? <><p className="note">{words.removeBody}</p><button type="button" className="button small stop" disabled={busy} onClick={() => setAsked('remove')}>{words.remove}</button></> : null}
      {asked === 'unpublish' ? <Confirm title={words.unpublishSure} yes={words.unpublish} onNo={no} onYes={() => change(async () => editing.set(await post<WireShow>(`${base}/unpublish`)))}><p>{words.unpublishBody}</p></Confirm> : null}
      {asked === 'remove' ? <Confirm title={words.removeSure} yes={words.remove} stop onNo={no} onYes={() => change(remove)}><p>{words.removeBody}</p></Confirm> : null}
      {asked === 'cancel' ? <Cancelling show={show} onNo={no} onYes={(reason) => change(async () => editing.set(await post<WireShow>(`${base}/cancel`, { reason })))} /> : null}
    </section>
  )
}

/** Who cancels says why, and types the title: nobody does it by a slip of the finger. */
function Cancelling({ show, onYes, onNo }: { show: WireShow; onYes: (reason: string) => void; onNo: () => void }) {
  const { life: words } = useOrganiserWords()
  const [reason, setReason] = useState('')
  const [title, setTitle] = useState('')
  const taken = show.left?.reduce((sum, { total, available }) => sum + total - available, 0)
  const isSure = reason.trim() !== '' && title.trim() === show.title
  return (
    <Confirm title={words.cancelSure} yes={words.cancel} stop blocked={!isSure} onYes={() => onYes(reason.trim())} onNo={onNo}>
      <div className="stack">
        <p>{taken === undefined ? words.cancelUnknown : words.cancelFigures(taken)}</p>
        <TextArea label={words.reason} name="reason" hint={words.reasonHint} rows={2} maxLength={500} value={reason} onChange={setReason} />
        <Field label={words.typeTitle(show.title)} name="title" autoComplete="off" value={title} problem={title.trim() !== '' && title.trim() !== show.title ? words.wrongTitle : undefined} onChange={setTitle} />
      </div>
    </Confirm>
  )
}

/** How it stands, when that is not what one would expect. */
export function Standing({ show }: { show: WireShow }) {
  const { life: words } = useOrganiserWords()
  if (show.status === 'cancelled') return <Notice tone="bad" title={words.cancelled}>{words.cancelledBody(show.cancelledReason ?? '')}</Notice>
  if (show.status === 'closing') return <Notice icon="wait" title={words.closing}>{words.closingBody}</Notice>
  if (show.status !== 'published') return null
  return (
    <>
      {show.paused ? <Notice icon="wait" title={words.paused}>{words.pausedBody}</Notice> : null}
      {show.closingResult ? <Notice title={words.stayed}>{words.stayedBody}</Notice> : <Notice tone="good" title={words.published}>{words.publishedBody}</Notice>}
    </>
  )
}
