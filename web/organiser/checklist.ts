import type { WireShow } from '../wire.ts'
import { seatsOf } from './state.ts'

/** `todo` is what there is to do yet; `waits` cannot be judged before something else is there. */
export type Item = { name: 'hall' | 'prices' | 'windows' | 'order' | 'times'; is: 'done' | 'todo' | 'waits'; about: string[] }
type Checked = Pick<WireShow, 'totals' | 'prices' | 'windows' | 'startsAt'>

/** What publishing asks of a show, as far as it can be seen here; the server has the last word. */
export function checklistOf(show: Checked, now: number): Item[] {
  const unpriced = show.totals.map(({ grade }) => grade).filter((grade) => !show.prices.some((price) => price.grade === grade))
  const late = show.windows.filter(({ opensAt }) => Date.parse(opensAt) >= Date.parse(show.startsAt)).map(({ name }) => name)
  const item = (name: Item['name'], isDone: boolean, about: string[] = []): Item => ({ name, is: isDone ? 'done' : 'todo', about })
  const hasSeats = seatsOf(show) > 0
  return [
    item('times', Date.parse(show.startsAt) > now),
    item('hall', hasSeats),
    hasSeats ? item('prices', unpriced.length === 0, unpriced) : { name: 'prices', is: 'waits', about: [] },
    item('windows', show.windows.length > 0),
    ...(late.length > 0 ? [item('order', false, late)] : []),
  ]
}
