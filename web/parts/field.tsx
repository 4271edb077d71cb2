import { useId } from 'react'

type Props = { label: string; name: string; type?: string; value: string; onChange: (value: string) => void; hint?: string; problem?: string | undefined; autoComplete?: string; inputMode?: 'numeric' | 'email'; minLength?: number; maxLength?: number; required?: boolean; disabled?: boolean; onBlur?: () => void }

/** A label, its field, and what is wrong with it in words, tied together for readers of screens. */
export function Field({ label, hint, problem, onChange, ...input }: Props) {
  const id = useId()
  const about = problem ? `${id}-problem` : hint ? `${id}-hint` : undefined
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input id={id} {...input} aria-invalid={problem ? true : undefined} aria-describedby={about} onChange={(event) => onChange(event.target.value)} />
      {problem ? <p className="problem" id={`${id}-problem`}>{problem}</p> : hint ? <p className="note" id={`${id}-hint`}>{hint}</p> : null}
    </div>
  )
}
