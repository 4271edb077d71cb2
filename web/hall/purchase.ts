import { post, Problem } from '../client.ts'
import type { WireHold, WirePass, WireReservation } from '../wire.ts'

const passAt = (showId: string) => `openrun.pass.${showId}`
const soonMs = 5_000
const signsOfLife = ['pointerdown', 'pointermove', 'keydown', 'scroll', 'touchstart']
type Kept = WirePass & { auto?: true }
const keptPass = (showId: string): Kept | undefined => {
  const kept = sessionStorage.getItem(passAt(showId))
  return kept ? (JSON.parse(kept) as Kept) : undefined
}

/** The pass of this tab, or a fresh one for who is inside; refuses as the line does. */
async function passFor(showId: string, { fresh = false, takeOver = false } = {}): Promise<string> {
  const known = keptPass(showId)
  if (!fresh && known && Date.parse(known.expiresAt) > Date.now() + soonMs) return known.pass
  const pass = await post<WirePass>(`/api/shows/${showId}/queue/pass`, takeOver ? { takeOver } : {})
  sessionStorage.setItem(passAt(showId), JSON.stringify(pass))
  return pass.pass
}

/**
 * Whose page came in by itself shows by touching the hall that somebody is there; else the place goes back to sleep. Answers
 * how to call it off. What fails is made good by the next touch.
 */
export function keepByTouch(showId: string): () => void {
  let asking = false
  const keep = () => {
    if (asking || !keptPass(showId)?.auto) return
    asking = true
    void passFor(showId, { fresh: true }).catch(() => undefined).finally(() => {
      asking = false
    })
  }
  for (const sign of signsOfLife) addEventListener(sign, keep, { passive: true })
  return () => {
    for (const sign of signsOfLife) removeEventListener(sign, keep)
  }
}

export const moveHere = (showId: string) => passFor(showId, { fresh: true, takeOver: true })
const renewable = new Set(['pass_expired', 'pass_ended', 'pass_invalid', 'pass_required'])

/** Holds with the pass; one that ran out meanwhile is renewed once, unseen. */
async function held(showId: string, path: string, body: unknown, key: string): Promise<WireHold> {
  try {
    return await post<WireHold>(path, body, { key, pass: await passFor(showId) })
  } catch (error) {
    if (!(error instanceof Problem) || !renewable.has(error.code)) throw error
    return post<WireHold>(path, body, { key: `${key}-renewed`, pass: await passFor(showId, { fresh: true }) })
  }
}

export type PriceTypes = { seatId: number; priceType: string }[]

/** Holding and reserving are one gesture for the fan; either may be repeated with the same key. */
export async function takeSeats(showId: string, { seatIds, replaces, priceTypes, key }: { seatIds: number[]; replaces: string | undefined; priceTypes: PriceTypes; key: string }): Promise<WireReservation> {
  const hold = await held(showId, `/api/shows/${showId}/holds`, { seatIds, ...(replaces ? { replaces } : {}) }, key)
  return reserve(hold, priceTypes)
}

export async function takeBest(showId: string, wish: { quantity: number; grade?: string; section?: string; together: boolean }, key: string): Promise<WireReservation> {
  return reserve(await held(showId, `/api/shows/${showId}/holds/best`, wish, key), [])
}

const reserve = (hold: WireHold, priceTypes: PriceTypes) => post<WireReservation>('/api/reservations', { holdIds: [hold.id], ...(priceTypes.length > 0 ? { priceTypes } : {}) })
