import { Refusal } from '../platform/outcome.ts'
import type { PassClaims } from './api.ts'
import type { SeatEnv } from './env.ts'

/** The pass of this user, session and show, or why it does not count. The floor is judged on the quota's row. */
export function checkPass({ passes, now }: SeatEnv, input: { userId: string; sessionId: string; showId: string; pass?: string }): PassClaims | Refusal {
  const joinUrl = `/api/shows/${input.showId}/queue`
  if (input.pass === undefined) return new Refusal('pass_required', { joinUrl })
  const verified = passes.verify(input.pass, now())
  if ('problem' in verified) return verified.problem === 'expired' ? new Refusal('pass_expired', { action: 'renew' }) : new Refusal('pass_invalid', { joinUrl })
  const { claims } = verified
  const theirs = claims.userId === input.userId && claims.sessionId === input.sessionId && claims.showId === input.showId
  return theirs ? claims : new Refusal('pass_invalid', { joinUrl })
}
