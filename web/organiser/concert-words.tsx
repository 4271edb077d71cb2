import { type FormEvent, useState } from 'react'
import { post } from '../client.ts'
import { useAct } from '../data.ts'
import { Field } from '../parts/field.tsx'
import { Page } from '../parts/frame.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Poster } from '../parts/poster.tsx'
import { leaveUnasked, navigate } from '../router.tsx'
import type { WireConcert } from '../wire.ts'
import { type Editing, useDraft, useSaving } from './editing.ts'
import { TextArea } from './fields.tsx'
import { useLeaveGuard } from './leaving.ts'
import { Part } from './part.tsx'
import { useOrganiserWords } from './spoken.ts'
import type { OrganiserWords } from './words.ts'

type Form = { title: string; venue: string; description: string }
const empty: Form = { title: '', venue: '', description: '' }
const wrongOf = ({ title, venue }: Form, words: OrganiserWords['concert']) => ({ title: title.trim() === '' ? words.noName : undefined, venue: venue.trim() === '' ? words.noVenue : undefined })
const bodyOf = ({ title, venue, description }: Form) => ({ title: title.trim(), venue: venue.trim(), description })

function Fields({ value, set, wrong }: { value: Form; set: (change: Partial<Form>) => void; wrong: { title?: string | undefined; venue?: string | undefined } }) {
  const { concert: words } = useOrganiserWords()
  return (
    <>
      <Field label={words.name} name="title" maxLength={200} value={value.title} problem={wrong.title} onChange={(title) => set({ title })} />
      <Field label={words.venue} name="venue" maxLength={200} value={value.venue} problem={wrong.venue} onChange={(venue) => set({ venue })} />
      <TextArea label={words.description} name="description" hint={words.descriptionHint} rows={5} maxLength={10_000} value={value.description} onChange={(description) => set({ description })} />
    </>
  )
}

/** What fans read of a concert, beside the poster they will see. */
export function ConcertWords({ concert, editing }: { concert: WireConcert; editing: Editing<WireConcert> }) {
  const { concert: words } = useOrganiserWords()
  const { title, venue, description, poster } = concert
  const draft = useDraft(editing, 'words', { title, venue, description })
  const saving = useSaving(editing, { drop: draft.drop, path: `/api/concerts/${concert.id}`, toBody: () => ({ ...bodyOf(draft.value), poster }) })
  const wrong = wrongOf(draft.value, words)
  return (
    <Part id="words" title={words.words} lock={concert.closing ? words.deleting : undefined} draft={draft} saving={saving} editing={editing} isWrong={Boolean(wrong.title ?? wrong.venue)}>
      {(tried) => <div className="hero"><Poster id={concert.id} title={draft.value.title} /><div className="stack"><Fields value={draft.value} set={draft.set} wrong={tried ? wrong : {}} /></div></div>}
    </Part>
  )
}

/** Made by one key, so that a lost answer makes no second one. */
export function NewConcert() {
  const { concert: words, edit } = useOrganiserWords()
  const [value, setValue] = useState(empty)
  const [tried, setTried] = useState(false)
  const { act, busy, problem } = useAct()
  const wrong = wrongOf(value, words)
  useLeaveGuard(Object.values(value).some((text) => text !== ''), edit.leave)
  const make = (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (wrong.title ?? wrong.venue) return
    void act(async (key) => {
      const { id } = await post<WireConcert>('/api/concerts', bodyOf(value), { key })
      leaveUnasked()
      navigate(`/organiser/concerts/${id}`, { replace: true })
    })
  }
  return (
    <Page title={words.newTitle}>
      <p className="note">{words.needed}</p>
      <form className="stack" onSubmit={make} noValidate>
        <Fields value={value} set={(change) => setValue((known) => ({ ...known, ...change }))} wrong={tried ? wrong : {}} />
        <ProblemNotice problem={problem} />
        <button type="submit" className="button primary" disabled={busy}>{words.make}</button>
      </form>
    </Page>
  )
}
