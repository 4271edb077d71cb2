import { type ReactNode, useId } from 'react'

type Props = { label: string; name: string; type?: string; value: string; onChange: (value: string) => void; hint?: string; problem?: string | undefined; autoComplete?: string; inputMode?: 'numeric' | 'email'; minLength?: number; maxLength?: number; required?: boolean; disabled?: boolean; onBlur?: () => void }

type About = { label: ReactNode; hint?: ReactNode; problem?: ReactNode }
/** What ties a control to its label, and to what is said of it, for readers of screens. */
type Tied = { id: string; 'aria-invalid': true | undefined; 'aria-describedby': string | undefined }

/** A label, whatever is filled in or chosen, and below it what is wrong with it or else what helps. */
export function Labelled({ label, hint, problem, children }: About & { children: (tied: Tied) => ReactNode }) {
  const id = useId()
  const about = problem ? `${id}-problem` : hint ? `${id}-hint` : undefined
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, 'aria-invalid': problem ? true : undefined, 'aria-describedby': about })}
      {problem ? <p className="problem" id={about}>{problem}</p> : hint ? <p className="note" id={about}>{hint}</p> : null}
    </div>
  )
}

export const Field = ({ label, hint, problem, onChange, ...input }: Props) =>
  <Labelled {...{ label, hint, problem }}>{(tied) => <input {...tied} {...input} onChange={(event) => onChange(event.target.value)} />}</Labelled>
