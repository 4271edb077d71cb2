import { useEffect } from 'react'
import { useRead } from '../data.ts'
import { Field } from '../parts/field.tsx'
import { Loaded } from '../parts/frame.tsx'
import type { WireShow } from '../wire.ts'
import { type Editing, useDraft, useSaving } from './editing.ts'
import { Check, Choice, Moment, TextArea } from './fields.tsx'
import { Part } from './part.tsx'
import { useOrganiserWords } from './spoken.ts'
import { bodyOf, formOf, freshWindow, isWrong, type WindowForm, type WrongWindow, wrongOf } from './windows-form.ts'

type Counted = { windows: { id: string; codeCount: number }[] }
type PlanRead = { sections: { name: string }[] }
const windowsMax = 10

/** When and to whom a show sells; open to change also while it does. */
export function WindowsPart({ show, editing, lock, now }: { show: WireShow; editing: Editing<WireShow>; lock: string | undefined; now: number }) {
  const { windows: words } = useOrganiserWords()
  const counted = useRead<Counted>(`/api/shows/${show.id}/windows`)
  const { reload } = counted
  // biome-ignore lint/correctness/useExhaustiveDependencies: another version may have other codes
  useEffect(reload, [show.version, reload])
  const draft = useDraft(editing, 'windows', { windows: formOf(show) })
  const { windows } = draft.value
  const zone = show.timeZone
  const saving = useSaving(editing, { drop: draft.drop, path: `/api/shows/${show.id}/windows`, toBody: () => bodyOf(windows, zone) })
  const codesOf = ({ id }: WindowForm) => counted.data?.windows.find((window) => window.id === id)?.codeCount ?? 0
  const wrong = windows.map((window) => wrongOf(window, windows, { zone, codeCount: codesOf(window), words }))
  const change = (key: string, next: Partial<WindowForm>) => draft.set({ windows: windows.map((window) => (window.key === key ? { ...window, ...next } : window)) })
  return (
    <Part id="windows" title={words.title} lead={words.lead} lock={lock} draft={draft} saving={saving} editing={editing} isWrong={wrong.some(isWrong)}>
      {(tried) => (
        <>
          {windows.length === 0 ? <p>{words.none}</p> : null}
          {windows.map((window, i) => (
            <WindowFields key={window.key} window={window} nth={i + 1} showId={show.id} codeCount={codesOf(window)} wrong={tried ? (wrong[i] ?? {}) : {}}
              change={(next) => change(window.key, next)} remove={() => draft.set({ windows: windows.filter(({ key }) => key !== window.key) })} />
          ))}
          {windows.length < windowsMax ? <p><button type="button" className="button small" onClick={() => draft.set({ windows: [...windows, freshWindow(show, now)] })}>{words.add}</button></p> : null}
        </>
      )}
    </Part>
  )
}

type FieldsProps = { window: WindowForm; nth: number; showId: string; codeCount: number; wrong: WrongWindow; change: (next: Partial<WindowForm>) => void; remove: () => void }

function WindowFields({ window, nth, showId, codeCount, wrong, change, remove }: FieldsProps) {
  const { windows: words } = useOrganiserWords()
  const { key, name, audience } = window
  return (
    <fieldset className="window">
      <legend>{words.nth(nth)}</legend>
      <Field label={words.name} name={`name ${key}`} hint={words.nameHint} maxLength={80} value={name} problem={wrong.name} onChange={(text) => change({ name: text })} />
      <div className="two">
        <Moment label={words.opens} name={`opens ${key}`} value={window.opens} problem={wrong.opens} onChange={(opens) => change({ opens })} />
        <Moment label={words.closes} name={`closes ${key}`} value={window.closes} problem={wrong.closes} onChange={(closes) => change({ closes })} />
      </div>
      <Moment label={words.lobby} name={`lobby ${key}`} hint={words.lobbyHint} value={window.lobby} problem={wrong.lobby} onChange={(lobby) => change({ lobby })} />
      <Choice label={words.audience} name={`audience ${key}`} value={audience} options={[['everyone', words.everyone], ['codes', words.codes]]} onChange={(next) => change({ audience: next })} />
      {audience === 'codes' ? <TextArea label={words.codeList} name={`codes ${key}`} hint={codeCount > 0 ? words.kept(codeCount) : words.codeHint} value={window.codes} problem={wrong.codes} onChange={(codes) => change({ codes })} /> : null}
      <Choice label={words.sections} name={`sections ${key}`} value={window.sections === null ? 'all' : 'some'} options={[['all', words.allSections], ['some', words.someSections]]} onChange={(next) => change({ sections: next === 'all' ? null : (window.sections ?? []) })} />
      {window.sections === null ? null : <Sections showId={showId} chosen={window.sections} problem={wrong.sections} onChange={(sections) => change({ sections })} />}
      <p><button type="button" className="quiet" onClick={remove}>{words.remove(name.trim() || words.nth(nth))}</button></p>
    </fieldset>
  )
}

/** The sections of the hall, read only when somebody chooses among them. */
function Sections({ showId, chosen, problem, onChange }: { showId: string; chosen: string[]; problem: string | undefined; onChange: (chosen: string[]) => void }) {
  const { windows: words } = useOrganiserWords()
  const read = useRead<PlanRead>(`/api/shows/${showId}/plan`)
  return (
    <Loaded read={read}>{({ sections }) => {
      const names = [...new Set([...sections.map(({ name }) => name), ...chosen])]
      if (names.length === 0) return <p className="note">{words.noSections}</p>
      const toggle = (name: string, on: boolean) => onChange(names.filter((each) => (each === name ? on : chosen.includes(each))))
      return (
        <div className="field">
          <div className="row">{names.map((name) => <Check key={name} checked={chosen.includes(name)} onChange={(on) => toggle(name, on)}>{name}</Check>)}</div>
          {problem ? <p className="problem">{problem}</p> : null}
        </div>
      )
    }}</Loaded>
  )
}
