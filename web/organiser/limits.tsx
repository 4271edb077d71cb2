import { when, won } from '../language.ts'
import type { WireShow } from '../wire.ts'
import { type Editing, useDraft, useSaving } from './editing.ts'
import { Digits } from './fields.tsx'
import { Part } from './part.tsx'
import { useOrganiserWords } from './spoken.ts'
import { isOpenToChange } from './state.ts'

const minutesAnHour = 60
const cutoffHoursMax = 8_784
const ticketsMax = 50

/** Tickets a person, fee and until when one may cancel; the last one also of a show that sells. */
export function LimitsPart({ show, editing, lock }: { show: WireShow; editing: Editing<WireShow>; lock: string | undefined }) {
  const { limits: words, show: locks } = useOrganiserWords()
  const { cutoffMinutesBeforeStart } = show.policy
  const stored = { max: String(show.ticketsPerUserMax), fee: String(show.bookingFee), cutoff: String(cutoffMinutesBeforeStart / minutesAnHour) }
  const draft = useDraft(editing, 'limits', stored)
  const { max, fee, cutoff } = draft.value
  const minutes = cutoff === stored.cutoff ? cutoffMinutesBeforeStart : Number(cutoff) * minutesAnHour
  const saving = useSaving(editing, { drop: draft.drop, path: `/api/shows/${show.id}/policies`, toBody: () => ({ ticketsPerUserMax: Number(max), bookingFee: Number(fee), policy: { cutoffMinutesBeforeStart: minutes } }) })
  const wrong = {
    max: Number(max) >= 1 && Number(max) <= ticketsMax ? undefined : words.badMax,
    fee: fee === '' ? words.badFee : undefined,
    cutoff: cutoff === '' || minutes > cutoffHoursMax * minutesAnHour ? words.badCutoff : undefined,
  }
  const isFixed = !isOpenToChange(show)
  return (
    <Part id="limits" title={words.title} {...(lock ? {} : { lead: isFixed ? locks.lockedOnSale : words.laterOnly })} lock={lock} draft={draft} saving={saving} editing={editing} isWrong={Boolean(wrong.max ?? wrong.fee ?? wrong.cutoff)}>
      {(tried) => (
        <>
          <fieldset className="two" disabled={isFixed} aria-label={words.title}>
            <Digits label={words.max} name="max" value={max} problem={tried ? wrong.max : undefined} onChange={(text) => draft.set({ max: text })} />
            <Digits label={words.fee} name="fee" value={fee} hint={fee === '' ? undefined : won(Number(fee))} problem={tried ? wrong.fee : undefined} onChange={(text) => draft.set({ fee: text })} />
          </fieldset>
          <h3>{words.cutoff}</h3>
          <Digits label={words.cutoffHours} name="cutoff" value={cutoff} hint={words.cutoffHint(when(Date.parse(show.startsAt) - minutes * 60_000, show.timeZone))} problem={tried ? wrong.cutoff : undefined} onChange={(text) => draft.set({ cutoff: text })} />
        </>
      )}
    </Part>
  )
}
