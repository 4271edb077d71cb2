import { type FormEvent, useState } from 'react'
import { get, post } from '../client.ts'
import { useAct, useNow } from '../data.ts'
import { when } from '../language.ts'
import { ProblemNotice } from '../parts/notice.tsx'
import { navigate } from '../router.tsx'
import type { WireShow } from '../wire.ts'
import { useWords } from '../words/index.ts'
import { Check } from './fields.tsx'
import { useLeaveGuard } from './leaving.ts'
import { useOrganiserWords } from './spoken.ts'
import { seatsOf } from './state.ts'
import { TimeFields, timesBody, type TimesForm, wrongTimes } from './times.tsx'
import { localOf } from './zone.ts'

const dayMs = 86_400_000
const minuteMs = 60_000
const evening = '19:00'
const night = '21:00'

/** A day after the last one at the same hours; without one, an evening in a month. */
function freshTimes(like: WireShow | undefined, now: number): TimesForm {
  if (like) {
    const later = (iso: string) => localOf(Date.parse(iso) + dayMs, like.timeZone)
    return { starts: later(like.startsAt), ends: later(like.endsAt), zone: like.timeZone }
  }
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  const day = localOf(now + 30 * dayMs, zone).slice(0, 10)
  return { starts: `${day}T${evening}`, ends: `${day}T${night}`, zone }
}

type PlanRead = { planVersion: number; sections: unknown[] }

/** What a date takes over from another; codes never come out, so windows that need them stay behind. */
async function copied(like: WireShow) {
  const { sections } = await get<PlanRead>(`/api/shows/${like.id}/plan`)
  const windows = like.windows.filter(({ audience }) => audience === 'everyone').map(({ id: _, ...window }) => window)
  const { prices, bookingFee, ticketsPerUserMax, policy: { cutoffMinutesBeforeStart } } = like
  return { plan: { sections }, prices, windows, bookingFee, ticketsPerUserMax, policy: { cutoffMinutesBeforeStart } }
}

export function AddShow({ concertId, like, isFirst, reload }: { concertId: string; like: WireShow | undefined; isFirst: boolean; reload: () => void }) {
  const { concert: words } = useOrganiserWords()
  const [isOpen, setOpen] = useState(isFirst)
  if (!isOpen) return <p><button type="button" className="button" onClick={() => setOpen(true)}>{words.add}</button></p>
  const made = () => {
    setOpen(false)
    reload()
  }
  return <AddForm concertId={concertId} like={like} onMade={made} onClose={isFirst ? undefined : () => setOpen(false)} />
}

function AddForm({ concertId, like, onMade, onClose }: { concertId: string; like: WireShow | undefined; onMade: () => void; onClose: (() => void) | undefined }) {
  const words = useOrganiserWords()
  const { common } = useWords()
  const now = useNow(minuteMs)
  const [fresh] = useState(() => freshTimes(like, now))
  const [value, setValue] = useState(fresh)
  const [tried, setTried] = useState(false)
  const source = like && seatsOf(like) > 0 ? like : undefined
  const [isCopy, setCopy] = useState(true)
  const { act, busy, problem } = useAct()
  const wrong = wrongTimes(value, now, words)
  const letGo = useLeaveGuard(value !== fresh, words.edit.leave)
  const add = (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (wrong.starts ?? wrong.ends) return
    void act(async (key) => {
      const { id } = await post<WireShow>(`/api/concerts/${concertId}/shows`, { ...timesBody(value), ...(source && isCopy ? await copied(source) : {}) }, { key })
      letGo()
      // seen when the words of the concert are not saved yet, and that is where one stays
      onMade()
      navigate(`/organiser/shows/${id}`)
    })
  }
  return (
    <form className="stack adding" onSubmit={add} noValidate>
      <p className="note">{words.concert.addLead}</p>
      <TimeFields value={value} set={(change) => setValue((known) => ({ ...known, ...change }))} wrong={tried ? wrong : {}} />
      {source ? <div><Check checked={isCopy} onChange={setCopy}>{words.concert.copy(when(source.startsAt, source.timeZone))}</Check>{source.windows.some(({ audience }) => audience === 'codes') ? <p className="note">{words.concert.copyHint}</p> : null}</div> : null}
      <ProblemNotice problem={problem} />
      <div className="row"><button type="submit" className="button primary" disabled={busy}>{words.concert.add}</button>{onClose ? <button type="button" className="button" onClick={onClose}>{common.cancel}</button> : null}</div>
    </form>
  )
}
