import { when } from '../language.ts'
import type { WireShow } from '../wire.ts'
import { type Editing, useDraft, useSaving } from './editing.ts'
import { Moment, Select } from './fields.tsx'
import { Part } from './part.tsx'
import { useOrganiserWords } from './spoken.ts'
import type { OrganiserWords } from './words.ts'
import { instantOf, localOf, zones } from './zone.ts'

export type TimesForm = { starts: string; ends: string; zone: string }
type Wrong = { starts?: string | undefined; ends?: string | undefined }

/** What is wrong with the times of a show, field by field. */
export function wrongTimes({ starts, ends, zone }: TimesForm, now: number, { show: words }: Pick<OrganiserWords, 'show'>): Wrong {
  const [from, to] = [instantOf(starts, zone), instantOf(ends, zone)]
  return {
    starts: from === undefined ? words.badTime : from <= now ? words.past : undefined,
    ends: to === undefined ? words.badTime : from !== undefined && to <= from ? words.endsFirst : undefined,
  }
}

export const timesBody = ({ starts, ends, zone }: TimesForm) => ({ startsAt: isoOf(starts, zone), endsAt: isoOf(ends, zone), timeZone: zone })
const isoOf = (local: string, zone: string) => new Date(instantOf(local, zone) ?? Number.NaN).toISOString()

/** Days of a concert that is not over are written in the zone of its venue. */
export function TimeFields({ value, set, wrong }: { value: TimesForm; set: (change: Partial<TimesForm>) => void; wrong: Wrong }) {
  const { show: words } = useOrganiserWords()
  return (
    <>
      <div className="two">
        <Moment label={words.starts} name="starts" value={value.starts} problem={wrong.starts} onChange={(starts) => set(moved(value, starts))} />
        <Moment label={words.ends} name="ends" value={value.ends} problem={wrong.ends} onChange={(ends) => set({ ends })} />
      </div>
      <Select label={words.zone} name="zone" hint={words.zoneHint} value={value.zone} options={zoneOptions(value.zone)} onChange={(zone) => set({ zone })} />
    </>
  )
}

const zoneOptions = (present: string) => [...new Set([present, ...zones()])].map((zone) => [zone, zone.replaceAll('_', ' ')] as const)

/** The length stays when the beginning moves. */
function moved(value: TimesForm, starts: string): Partial<TimesForm> {
  const [before, ends, from] = [value.starts, value.ends, starts].map((local) => instantOf(local, value.zone))
  return before === undefined || ends === undefined || from === undefined ? { starts } : { starts, ends: localOf(from + ends - before, value.zone) }
}

export function TimesPart({ show, editing, lock, now }: { show: WireShow; editing: Editing<WireShow>; lock: string | undefined; now: number }) {
  const words = useOrganiserWords()
  const stored = { starts: localOf(show.startsAt, show.timeZone), ends: localOf(show.endsAt, show.timeZone), zone: show.timeZone }
  const draft = useDraft(editing, 'times', stored)
  const saving = useSaving(editing, { drop: draft.drop, path: `/api/shows/${show.id}`, toBody: () => timesBody(draft.value) })
  const wrong = wrongTimes(draft.value, now, words)
  return (
    <Part id="times" title={words.show.times} lead={when(show.startsAt, show.timeZone)} lock={lock} draft={draft} saving={saving} editing={editing} isWrong={Boolean(wrong.starts ?? wrong.ends)}>
      {(tried) => <TimeFields value={draft.value} set={draft.set} wrong={tried ? wrong : {}} />}
    </Part>
  )
}
