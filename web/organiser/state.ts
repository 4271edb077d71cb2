import type { WireShow } from '../wire.ts'

export type ShowState = 'draft' | 'closing' | 'cancelled' | 'paused' | 'soon' | 'lobby' | 'on_sale' | 'all_held' | 'sold_out' | 'ended' | 'over'

/** How a show stands for who sells it; how many seats are left is the server's word. */
export function stateOf(show: Pick<WireShow, 'status' | 'paused' | 'startsAt' | 'endsAt' | 'windows' | 'availability'>, now: number): ShowState {
  if (show.status === 'draft' || show.status === 'closing' || show.status === 'cancelled') return show.status
  if (Date.parse(show.endsAt) <= now) return 'over'
  if (show.paused) return 'paused'
  const present = show.windows.some(({ opensAt, closesAt }) => Date.parse(opensAt) <= now && now < Date.parse(closesAt))
  if (present && Date.parse(show.startsAt) > now) {
    const state = show.availability?.state
    return state === 'all_held' || state === 'sold_out' ? state : 'on_sale'
  }
  const coming = show.windows.filter(({ opensAt }) => Date.parse(opensAt) > now)
  if (coming.some(({ lobbyOpensAt }) => lobbyOpensAt !== null && Date.parse(lobbyOpensAt) <= now)) return 'lobby'
  return coming.length > 0 ? 'soon' : 'ended'
}

/** Plan, prices, times and limits of a show can be changed only now. */
export const isOpenToChange = ({ status }: Pick<WireShow, 'status'>) => status === 'draft'
export const seatsOf = ({ totals }: Pick<WireShow, 'totals'>) => totals.reduce((sum, { total }) => sum + total, 0)
/** An operator owns every concert. */
export const ownedBy = (person: { id: string; role: string } | undefined, organiserId: string) => person?.role === 'operator' || (person?.role === 'organiser' && person.id === organiserId)
