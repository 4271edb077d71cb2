import Type, { type Static } from 'typebox'
import { Count, Exact, Id, Text, Won } from '../platform/contract.ts'
import { IsoInstant, iso, isoOrNull, Nullable } from '../platform/http.ts'
import { refuse } from '../platform/outcome.ts'
import { CancellationPolicy, type Concert, type ConcertItem, Concert as ConcertSchema, ConcertItem as ItemSchema, type FoundConcert, FoundConcert as FoundSchema, Policies, Price, ShowDetail, Window, WindowInput } from './api.ts'
import type { ShowDetail as Detail, Window as WindowType } from './api.ts'

/** What seat knows of a show now; see its operation `stock`. */
export type Stock = {
  availability: { state: 'open' | 'all_held' | 'sold_out' | 'closed'; earliestUntil?: number; opensAt?: number }
  left: { grade: string; total: number; available: number }[]
}

const concertTimes = { firstShowAt: Nullable(IsoInstant), lastShowAt: Nullable(IsoInstant), createdAt: IsoInstant, updatedAt: IsoInstant }
export const ItemView = Exact({ ...ItemSchema.properties, ...concertTimes })
export const FoundView = Exact({ ...FoundSchema.properties, ...concertTimes, opensAt: Nullable(IsoInstant), openedAt: Nullable(IsoInstant), closesAt: Nullable(IsoInstant) })
export const ConcertView = Exact({ ...ConcertSchema.properties, ...concertTimes })
const windowTimes = { opensAt: IsoInstant, closesAt: IsoInstant }
const WindowView = Exact({ ...Window.properties, ...windowTimes, lobbyOpensAt: Nullable(IsoInstant) })
export const WindowsView = Exact({ windows: Type.Array(Exact({ ...WindowView.properties, codeCount: Count })) })
const Availability = Exact({
  state: Type.Enum(['open', 'all_held', 'sold_out', 'closed']),
  earliestUntil: Type.Optional(IsoInstant),
  opensAt: Type.Optional(IsoInstant),
})
export const ShowView = Exact({
  ...ShowDetail.properties,
  startsAt: IsoInstant,
  endsAt: IsoInstant,
  createdAt: IsoInstant,
  updatedAt: IsoInstant,
  prices: Type.Array(Price),
  windows: Type.Array(WindowView),
  availability: { ...Nullable(Availability), description: 'null: not known at this moment' },
  left: { ...Nullable(Type.Array(Exact({ grade: Type.String(), total: Count, available: Count }))), description: 'null: not known at this moment' },
})
export const PoliciesView = Exact({ ...Policies.properties, policy: CancellationPolicy, version: Count })
export type ShowView = Static<typeof ShowView>

const bodyTimes = { startsAt: IsoInstant, endsAt: IsoInstant, timeZone: Text(64) }
export const TimesBody = { ...bodyTimes, bookingFee: Type.Optional(Won), ticketsPerUserMax: Type.Optional(Policies.properties.ticketsPerUserMax), policy: Type.Optional(Policies.properties.policy) }
export const WindowBody = Exact({ ...WindowInput.properties, id: Type.Optional(Id), ...windowTimes, lobbyOpensAt: Type.Optional(Nullable(IsoInstant)) })

export const shownItem = (concert: ConcertItem) => ({
  ...concert,
  firstShowAt: isoOrNull(concert.firstShowAt),
  lastShowAt: isoOrNull(concert.lastShowAt),
  createdAt: iso(concert.createdAt),
  updatedAt: iso(concert.updatedAt),
})
export const shownFound = (found: FoundConcert) => ({
  ...shownItem(found), opensAt: isoOrNull(found.opensAt), openedAt: isoOrNull(found.openedAt), closesAt: isoOrNull(found.closesAt), soldOut: found.soldOut,
})
export const shownConcert = (concert: Concert) => ({ ...concert, ...shownItem(concert) })

export function shownWindow<W extends WindowType>(window: W) {
  return { ...window, lobbyOpensAt: isoOrNull(window.lobbyOpensAt), opensAt: iso(window.opensAt), closesAt: iso(window.closesAt) }
}

/** A show as its page sees it; without a stock, how many seats are left is not known (null), never none. */
export const shownShow = (show: Detail, stock: Stock | undefined) => ({
  ...show,
  startsAt: iso(show.startsAt),
  endsAt: iso(show.endsAt),
  createdAt: iso(show.createdAt),
  updatedAt: iso(show.updatedAt),
  windows: show.windows.map(shownWindow),
  availability: stock ? shownAvailability(stock.availability) : null,
  left: stock?.left ?? null,
})

const shownAvailability = ({ state, earliestUntil, opensAt }: Stock['availability']) => ({
  state,
  ...(earliestUntil === undefined ? {} : { earliestUntil: iso(earliestUntil) }),
  ...(opensAt === undefined ? {} : { opensAt: iso(opensAt) }),
})

/** Epoch milliseconds of an ISO date-time with an offset; refuses `request_invalid`. */
export function instantOf(text: string): number {
  const ms = Date.parse(text)
  return Number.isSafeInteger(ms) && ms >= 0 ? ms : refuse('request_invalid', { detail: `${text} is not an instant from 1970 on` })
}

export const timesOf = <T extends { startsAt: string; endsAt: string }>(body: T) => ({
  ...body,
  startsAt: instantOf(body.startsAt),
  endsAt: instantOf(body.endsAt),
})
export const windowOf = ({ lobbyOpensAt, ...window }: Static<typeof WindowBody>) => ({
  ...window,
  lobbyOpensAt: lobbyOpensAt == null ? null : instantOf(lobbyOpensAt),
  opensAt: instantOf(window.opensAt),
  closesAt: instantOf(window.closesAt),
})

const day = 24 * 3_600_000
const dateForm = /^\d{4}-\d{2}-\d{2}$/
const dateTimeForm = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/

/** The start of a search: an instant, or the start of a UTC day. */
export function fromOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : (dayOf(text) ?? momentOf(text))
}

/** The end of a search, exclusive: what starts at `to` itself, or on that UTC day, is still found. */
export function beforeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const start = dayOf(text)
  return start === undefined ? momentOf(text) + 1 : start + day
}

function dayOf(text: string): number | undefined {
  if (!dateForm.test(text)) return undefined
  const ms = instantOf(`${text}T00:00:00Z`)
  // a 30th of February is read as a day of March
  return iso(ms).startsWith(text) ? ms : refuse('request_invalid', { detail: `${text} is not a date` })
}

const momentOf = (text: string) =>
  dateTimeForm.test(text) ? instantOf(text) : refuse('request_invalid', { detail: `${text} is neither a date nor a date-time with an offset` })
