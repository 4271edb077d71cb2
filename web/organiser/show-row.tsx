import { useNow } from '../data.ts'
import { when } from '../language.ts'
import { Link } from '../router.tsx'
import type { WireShow } from '../wire.ts'
import { useOrganiserWords } from './spoken.ts'
import { seatsOf, stateOf } from './state.ts'
import { StateTag } from './tag.tsx'

const lookEveryMs = 15_000

/** A show in a list: when, how it stands, what is left. */
export function ShowRow({ show, named = false }: { show: WireShow; named?: boolean }) {
  const words = useOrganiserWords()
  const now = useNow(lookEveryMs)
  const state = stateOf(show, now)
  const [left, total] = [show.left?.reduce((sum, { available }) => sum + available, 0), show.left?.reduce((sum, grade) => sum + grade.total, 0)]
  return (
    <div className="own-show">
      <Link to={`/organiser/shows/${show.id}`}>{named ? <><b>{show.title}</b><br /></> : null}{when(show.startsAt, show.timeZone)}</Link>
      <StateTag state={state} />
      <span className="note num">{left === undefined || total === undefined ? (seatsOf(show) > 0 ? words.seats(seatsOf(show)) : '') : words.left(left, total)}</span>
    </div>
  )
}
