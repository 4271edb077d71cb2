import { won } from '../language.ts'
import { seatName } from '../parts/tickets.tsx'
import type { WireShow } from '../wire.ts'
import { useWords } from '../words/index.ts'
import type { Hall } from './plan.ts'

export type Types = Readonly<Record<number, string>>
type Props = { hall: Hall; show: WireShow; chosen: readonly number[]; types: Types; onType: (index: number, type: string) => void; onRemove: (index: number) => void }

/** Every chosen seat in words, with its price and, where there are several, its kind of ticket. */
export function Chosen({ hall, show, chosen, types, onType, onRemove }: Props) {
  const { hall: words, checkout, concert } = useWords()
  if (chosen.length === 0) return <p className="second">{words.none}</p>
  return (
    <ul className="chosen">
      {chosen.map((i) => {
        const seat = hall.seats[i]
        if (!seat) return null
        const name = seatName(words, seat)
        const price = show.prices.find(({ grade }) => grade === seat.grade)
        return (
          <li key={i}>
            <span><b>{name}</b> <span className="second">{seat.grade}{seat.attributes.includes('restrictedView') ? ` · ${words.restrictedView}` : ''}</span></span>
            {price?.types?.length ? (
              <select aria-label={`${checkout.type}: ${name}`} value={types[i] ?? 'default'} onChange={(event) => onType(i, event.target.value)}>
                <option value="default">{checkout.normal} {won(price.price)}</option>
                {price.types.map((type) => <option key={type.name} value={type.name}>{type.name} {won(type.price)}{type.proofAtDoor ? ` · ${concert.proof}` : ''}</option>)}
              </select>
            ) : <span className="num">{won(price?.price ?? 0)}</span>}
            <button type="button" aria-label={words.remove(name)} onClick={() => onRemove(i)}>×</button>
          </li>
        )
      })}
    </ul>
  )
}

/** Won of one seat as chosen, without the fee. */
export function priceOf({ prices }: WireShow, grade: string, type: string | undefined): number {
  const price = prices.find((each) => each.grade === grade)
  return price?.types?.find(({ name }) => name === type)?.price ?? price?.price ?? 0
}
