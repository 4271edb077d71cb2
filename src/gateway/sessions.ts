import type { Principal, SessionClaims } from '../platform/principal.ts'
import type { Tokens } from '../platform/token.ts'
import { refuse } from '../platform/outcome.ts'
import type { UserApi } from '../user/api.ts'
import type { Access } from '../platform/principal.ts'

/** A table older than this is not trusted: the user service is asked. */
export const guardStaleMs = 5_000
export const guardPollMs = 1_000
const tokenLifeMs = 11 * 60_000

export type SessionGuard = {
  /** the caller of a request with this token, or a refusal; `live` asks the user service */
  admit: (token: string, access: Access) => Principal | Promise<Principal>
  /** follows sessions that ended and epochs that rose; one run of the poll */
  poll: () => Promise<void>
  ended: (change: { sessionIds: string[]; users: { userId: string; epoch: number }[] }) => void
}

/**
 * Tokens are checked by signature (cached); whether the session still stands is read from a table that hears of
 * logouts and role changes at once in this process and by a poll each second from others. The session of pay, role and
 * staff routes is always asked for.
 */
export function createSessionGuard(deps: {
  user: Pick<UserApi, 'sessionLive' | 'endedSince'>
  tokens: Tokens<SessionClaims>
  now: () => number
}): SessionGuard {
  const { user, tokens, now } = deps
  const endedSessions = new Map<string, number>()
  const epochs = new Map<string, { epoch: number; at: number }>()
  let polledAt = 0

  function ended(change: { sessionIds: string[]; users: { userId: string; epoch: number }[] }) {
    const at = now()
    for (const sessionId of change.sessionIds) endedSessions.set(sessionId, at)
    // a poll that began before a rise may answer after it was heard
    for (const { userId, epoch } of change.users) epochs.set(userId, { epoch: Math.max(epoch, epochs.get(userId)?.epoch ?? 0), at })
  }

  async function askLive(claims: Omit<Principal, 'role'>, access: Access) {
    const session = await user.sessionLive(claims)
    if (!session.live) refuse('sign_in_required')
    return withRole({ ...claims, role: session.role as Principal['role'] }, access)
  }

  return {
    ended,
    poll: async () => {
      const startedAt = now()
      ended(await user.endedSince({ since: Math.max(0, startedAt - tokenLifeMs) }))
      polledAt = startedAt
      for (const [sessionId, at] of endedSessions) if (at < startedAt - tokenLifeMs) endedSessions.delete(sessionId)
      for (const [userId, { at }] of epochs) if (at < startedAt - tokenLifeMs) epochs.delete(userId)
    },
    admit: (token, access) => {
      const at = now()
      const verified = tokens.verify(token, at)
      if ('problem' in verified) return refuse(verified.problem === 'expired' ? 'token_expired' : 'sign_in_required')
      const { userId, sessionId, role, epoch } = verified.claims
      // mostly nobody has ended: to look up a text that is new costs more than everything else here
      if (endedSessions.size > 0 && endedSessions.has(sessionId)) refuse('sign_in_required')
      if (epochs.size > 0 && (epochs.get(userId)?.epoch ?? 0) > epoch) refuse('sign_in_required')
      const mustAsk = access.live || at - polledAt > guardStaleMs
      return mustAsk ? askLive({ userId, sessionId, epoch }, access) : withRole({ userId, sessionId, role, epoch }, access)
    },
  }
}

function withRole(principal: Principal, { allow }: Access): Principal {
  if (typeof allow !== 'string' && !allow.includes(principal.role)) refuse('role_required')
  return principal
}
