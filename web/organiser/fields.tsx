import { type ReactNode, useId } from 'react'
import { Field, Labelled } from '../parts/field.tsx'

type Named = { label: string; name: string; hint?: string | undefined; problem?: string | undefined }

export const TextArea = ({ value, onChange, rows = 4, name, maxLength, ...about }: Named & { value: string; onChange: (value: string) => void; rows?: number; maxLength?: number }) =>
  <Labelled {...about}>{(tied) => <textarea {...tied} {...{ name, rows, maxLength, value }} onChange={(event) => onChange(event.target.value)} />}</Labelled>

export const Select = ({ name, value, options, onChange, ...about }: Named & { value: string; options: (readonly [value: string, text: string])[]; onChange: (value: string) => void }) => (
  <Labelled {...about}>{(tied) => (
    <select {...tied} {...{ name, value }} onChange={(event) => onChange(event.target.value)}>
      {options.map(([each, text]) => <option key={each} value={each}>{text}</option>)}
    </select>
  )}</Labelled>
)

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
