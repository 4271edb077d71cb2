import type { SeatEnv } from './env.ts'
import { Refusal } from '../platform/outcome.ts'
import type { PassClaims } from './api.ts'
import type { SeatInfo } from './picture.ts'

type Gate = { userId: string; sessionId: string; showId: string; pass?: string }

/**
 * The pass of a hold, verified here and failing closed: `pass_required` with the way into the line, `pass_invalid` for
 * another's or another show's, `pass_expired`. Whether it was ended early is decided on the quota row, with the seats.
 */
export function passOf(env: SeatEnv, { userId, sessionId, showId, pass }: Gate): PassClaims | Refusal {
  if (pass === undefined) return new Refusal('pass_required', { joinUrl: `/api/shows/${showId}/queue` })
  const verified = env.passes.verify(pass, env.now())
  if ('problem' in verified)
    return verified.problem === 'expired' ? new Refusal('pass_expired', { next: 'renew' }) : new Refusal('pass_invalid')
  const { claims } = verified
  const isMine = claims.userId === userId && claims.sessionId === sessionId && claims.showId === showId
  return isMine ? claims : new Refusal('pass_invalid')
}

/** Refuses seats of sections that the pass's sales window does not sell. */
export function sectionRefusal({ sections }: Pick<PassClaims, 'sections'>, wanted: (SeatInfo | undefined)[]): Refusal | undefined {
  if (sections === null) return undefined
  const outside = wanted.filter((seat) => seat && !sections.includes(seat.section))
  if (outside.length === 0) return undefined
  return new Refusal('section_not_in_window', { sections, seatIds: outside.map((seat) => seat?.id) })
}
