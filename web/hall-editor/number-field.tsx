import { useState } from 'react'
import { Labelled } from '../parts/field.tsx'
import { useHallEditorWords } from './spoken.ts'

type Props = { label: string; value: number | undefined; min: number; max: number; step?: number; whole?: boolean; hint?: string | undefined; slider?: boolean; disabled?: boolean; onValue: (value: number) => void }

/** A number by keys, arrows or a slider; what is not one, or beyond its limits, is said and not taken. */
export function NumberField({ label, value, min, max, step = 1, whole = false, hint, slider = false, disabled = false, onValue }: Props) {
  const { fields: words } = useHallEditorWords()
  const [typed, setTyped] = useState<string>()
  const type = (text: string) => {
    setTyped(text)
    if (isFine(text, min, max, whole)) onValue(Number(text))
  }
  const problem = typed !== undefined && !isFine(typed, min, max, whole) ? (whole ? words.whole(min, max) : words.between(min, max)) : undefined
  return (
    <Labelled {...{ label, hint, problem }}>{(tied) => (
      <>
        <input {...tied} type="number" inputMode="decimal" value={typed ?? value ?? ''} {...{ min, max, step, disabled }} onChange={(event) => type(event.target.value)} onBlur={() => setTyped(undefined)} />
        {slider ? <input type="range" aria-label={label} value={value ?? 0} {...{ min, max, step, disabled }} onChange={(event) => onValue(Number(event.target.value))} /> : null}
      </>
    )}</Labelled>
  )
}

const isFine = (text: string, min: number, max: number, whole: boolean) => text.trim() !== '' && Number(text) >= min && Number(text) <= max && (!whole || Number.isInteger(Number(text)))
