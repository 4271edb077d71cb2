import Type, { type Static } from 'typebox'
import { Exact, Id, Won } from '../platform/contract.ts'
import { IsoInstant, iso, isoOrNull, Nullable } from '../platform/http.ts'
import { Line } from '../reservation/api.ts'
import type { UserApi } from '../user/api.ts'
import { Story, type Storytellers, storyOf } from './story.ts'

const Appeals = Type.Array(Exact({ id: Id, filedAt: IsoInstant, text: Type.String(), outcome: Nullable(Type.String()), answer: Nullable(Type.String()), answeredAt: Nullable(IsoInstant) }))
const Reservations = Type.Array(Exact({
  id: Id, number: Type.String(), status: Type.String(), total: { ...Won, description: 'of the seats that are not cancelled' }, createdAt: IsoInstant, expiresAt: Nullable(IsoInstant), endedReason: Nullable(Type.String()), lines: Type.Array(Line),
}))
const Payments = Type.Array(Exact({ id: Id, reservationId: Id, status: Type.String(), amount: Nullable(Won), refunded: Won, topUp: Nullable(Won), refusal: Nullable(Type.String()), createdAt: IsoInstant }))
const Notes = Type.Array(Exact({ id: Id, at: IsoInstant, author: Type.String({ description: 'the name of who wrote it' }), text: Type.String() }))
/** One buyer of one show, without what says who it is beyond what a caller can compare. */
export const Buyer = Exact({ userId: Id, email: Type.String(), name: Type.String(), ...Story.properties, appeals: Appeals, reservations: Reservations, payments: Payments, notes: Notes })
export type Buyer = Static<typeof Buyer>
export const NoteView = Exact({ id: Id, at: IsoInstant, text: Type.String() })

export type BuyerNeeds = { user: Pick<UserApi, 'lookUp' | 'note' | 'notes'> } & Storytellers
type Who = { userId?: string; email?: string }
type Asked = { showId: string; userId: string }

export async function lookUpBuyer(deps: BuyerNeeds, by: string, showId: string, who: Who): Promise<Buyer | undefined> {
  const found = await find(deps, by, showId, who)
  if (!found) return undefined
  const { profile: { id: userId, email, name }, story, appeals } = found
  const asked = { showId, userId }
  const [reservations, payments, notes] = await Promise.all([deps.reservation?.ofBuyer(asked), deps.payment?.ofBuyer(asked), notesOf(deps, asked)])
  return {
    userId, email: maskedAddress(email), name: masked(name), ...story,
    appeals: appeals.map(({ id, filedAt, text, outcome, answer, answeredAt }) => ({ id, filedAt: iso(filedAt), text, outcome, answer, answeredAt: isoOrNull(answeredAt) })),
    reservations: (reservations?.reservations ?? []).map(({ id, number, status, total, createdAt, expiresAt, endedReason, lines }) => ({ id, number, status, total, createdAt: iso(createdAt), expiresAt: isoOrNull(expiresAt), endedReason, lines })),
    payments: (payments?.payments ?? []).map(({ id, reservationId, status, amount, refunded, topUp, refusal, createdAt }) => ({ id, reservationId, status, amount, refunded, topUp, refusal, createdAt: iso(createdAt) })),
    notes,
  }
}

/** What was written down about a buyer; a look-up like the other. */
export async function notesAbout(deps: BuyerNeeds, by: string, asked: Asked): Promise<Buyer['notes'] | undefined> {
  return (await find(deps, by, asked.showId, { userId: asked.userId })) && notesOf(deps, asked)
}

/** The look-up is in the audit whether somebody is found or not; who had nothing to do with this show is nobody here. */
async function find(deps: BuyerNeeds, by: string, showId: string, who: Who) {
  const { profile } = await deps.user.lookUp({ ...who, showId, by })
  if (!profile) return undefined
  const [story, { appeals }] = await traces(deps, { showId, userId: profile.id })
  return story.steps.length === 0 && appeals.length === 0 ? undefined : { profile, story, appeals }
}

const notesOf = async ({ user }: BuyerNeeds, asked: Asked): Promise<Buyer['notes']> =>
  (await user.notes(asked)).notes.map(({ id, at, authorName: author, text }) => ({ id, at: iso(at), author, text }))

/** Whether somebody stood in this show's line, held, reserved, paid or complained. */
export async function isKnown(deps: BuyerNeeds, asked: Asked): Promise<boolean> {
  const [story, { appeals }] = await traces(deps, asked)
  return story.steps.length > 0 || appeals.length > 0
}

const traces = (deps: BuyerNeeds, asked: Asked) =>
  Promise.all([storyOf(deps, asked.userId, asked.showId), deps.queue?.appeals(asked) ?? { appeals: [] }])

/** The first letter, and of an address where it is: enough to compare with what a caller says. */
const masked = (text: string) => text.replace(/^(.).*$/su, '$1***')
const maskedAddress = (address: string) => `${masked(address)}${address.slice(address.lastIndexOf('@'))}`
