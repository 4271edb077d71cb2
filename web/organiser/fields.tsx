import { type ReactNode, useId } from 'react'
import { Field } from '../parts/field.tsx'

type Named = { label: string; name: string; hint?: string | undefined; problem?: string | undefined }

export function TextArea({ label, name, hint, problem, value, onChange, rows = 4, maxLength }: Named & { value: string; onChange: (value: string) => void; rows?: number; maxLength?: number }) {
  const id = useId()
  const about = problem ? `${id}-problem` : hint ? `${id}-hint` : undefined
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <textarea id={id} name={name} rows={rows} maxLength={maxLength} value={value} aria-invalid={problem ? true : undefined} aria-describedby={about} onChange={(event) => onChange(event.target.value)} />
      {problem ? <p className="problem" id={`${id}-problem`}>{problem}</p> : hint ? <p className="note" id={`${id}-hint`}>{hint}</p> : null}
    </div>
  )
}

export function Select({ label, name, hint, value, options, onChange }: Named & { value: string; options: (readonly [value: string, text: string])[]; onChange: (value: string) => void }) {
  const id = useId()
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select id={id} name={name} value={value} aria-describedby={hint ? `${id}-hint` : undefined} onChange={(event) => onChange(event.target.value)}>
        {options.map(([each, text]) => <option key={each} value={each}>{text}</option>)}
      </select>
      {hint ? <p className="note" id={`${id}-hint`}>{hint}</p> : null}
    </div>
  )
}

/** One of a few, all of them in sight. */
export function Choice<V extends string>({ label, name, value, options, onChange }: { label: string; name: string; value: V; options: (readonly [value: V, text: string])[]; onChange: (value: V) => void }) {
  const id = useId()
  return (
    <div className="field" role="radiogroup" aria-labelledby={id}>
      <span className="label" id={id}>{label}</span>
      <div className="row">{options.map(([each, text]) => (
        <label key={each} className="check"><input type="radio" name={name} value={each} checked={value === each} onChange={() => onChange(each)} />{text}</label>
      ))}</div>
    </div>
  )
}

export function Check({ checked, onChange, children }: { checked: boolean; onChange: (checked: boolean) => void; children: ReactNode }) {
  return <label className="check"><input type="checkbox" checked={checked} onChange={(event) => onChange(event.target.checked)} /><span>{children}</span></label>
}

/** A whole number as it is typed; nothing but digits goes in. */
export const Digits = ({ value, onChange, ...rest }: Named & { value: string; onChange: (value: string) => void }) =>
  <Field {...withoutUndefined(rest)} inputMode="numeric" maxLength={12} value={value} onChange={(text) => onChange(text.replace(/\D/g, ''))} />

export const Moment = ({ value, onChange, ...rest }: Named & { value: string; onChange: (value: string) => void }) =>
  <Field {...withoutUndefined(rest)} type="datetime-local" value={value} onChange={onChange} />

const withoutUndefined = ({ hint, ...rest }: Named) => (hint === undefined ? rest : { ...rest, hint })
