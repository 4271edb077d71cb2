import type { WireFoundConcert } from '../wire.ts'

/** What opens within the hour, or has opened within it and is on sale, stands first. */
export const aboutMinutes = 60
export const aboutMs = aboutMinutes * 60_000

type Sale = Pick<WireFoundConcert, 'opensAt' | 'openedAt' | 'closesAt' | 'soldOut'>

/** What was to open when it was read, and has by now, is on sale: nobody has to ask for that. `opensInMs`: until the next opening. */
export function saleOf({ opensAt, closesAt, soldOut }: Sale, now: number): { isOn: boolean; isSoldOut: boolean; opensInMs: number | undefined } {
  const opens = instant(opensAt)
  const hasOpened = opens !== undefined && opens <= now
  const isOn = hasOpened || now < (instant(closesAt) ?? now)
  return { isOn, isSoldOut: isOn && soldOut && !hasOpened, opensInMs: opens === undefined || hasOpened ? undefined : opens - now }
}

/**
 * Those about to open or just opened, in the order of their openings, so that none moves at its opening; then what is
 * listed, as it is. `about` may know of concerts that are on no page that was read.
 */
export function inOrder(about: WireFoundConcert[], listed: WireFoundConcert[], now: number): WireFoundConcert[] {
  const known = firstOfEach([...listed, ...about])
  const first = known.flatMap((concert) => {
    const opening = openingAbout(concert, now)
    return opening === undefined ? [] : [{ concert, opening }]
  }).toSorted((a, b) => a.opening - b.opening).map(({ concert }) => concert)
  return firstOfEach([...first, ...listed])
}

/** A list that moved on between two of its pages may tell a concert on both. */
function firstOfEach(concerts: WireFoundConcert[]): WireFoundConcert[] {
  const ids = new Set<string>()
  return concerts.filter(({ id }) => !ids.has(id) && ids.add(id))
}

function openingAbout(sale: Sale, now: number): number | undefined {
  const { isOn } = saleOf(sale, now)
  const openings = [isOn ? instant(sale.openedAt) : undefined, instant(sale.opensAt)]
  const near = openings.filter((at) => at !== undefined && at > now - aboutMs && at <= now + aboutMs) as number[]
  return near.length === 0 ? undefined : Math.min(...near)
}

const instant = (text: string | null) => (text === null ? undefined : Date.parse(text))
