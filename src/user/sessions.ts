import { createHash, randomBytes } from 'node:crypto'
import type { Database } from '../platform/database.ts'
import { refuse } from '../platform/outcome.ts'
import type { SessionClaims } from '../platform/principal.ts'
import type { Tokens } from '../platform/token.ts'
import { normalise, userLimits } from './api.ts'
import type { Hashing } from './hashing.ts'
import { endSessions, insertSessions, lockSession, lockUnchangedUser, replaceSuccessor, rotate, sessionIdOfRefresh, type User, userByEmail, userById } from './store.ts'
import { clearFailures, noteFailure, throttledUntil } from './store-throttles.ts'

export type SessionChange = { sessionIds: string[]; users: { userId: string; epoch: number }[] }
export type UserEnv = {
  db: Database
  now: () => number
  newId: () => string
  tokens: Tokens<SessionClaims>
  hashing: Hashing
  publicUrl: string
  changed: (change: SessionChange) => void
}

export const digest = (token: string) => createHash('sha256').update(token).digest('base64url')
export const newToken = () => randomBytes(32).toString('base64url')
export const profileOf = (user: User) => ({ id: user.id, email: user.email, name: user.name, role: user.role, verified: user.verifiedAt !== null })

export async function signIn(env: UserEnv, { email, password, from }: { email: string; password: string; from?: string }) {
  const { db, now } = env
  const address = normalise(email)
  const found = await userByEmail(db, address)
  await assertPassword(env, { email: address, from }, found, password)
  const refreshToken = newToken()
  const sessionId = env.newId()
  const user = await db.transaction(async (tx) => {
    // erased, or another password by now: who knew the old one must not come in after everybody was put out
    const user = (found && (await lockUnchangedUser(tx, found, 'share'))) ?? refuse('login_failed')
    await insertSessions(tx, [{ id: sessionId, userId: user.id, hash: digest(refreshToken) }], now())
    return user
  })
  return signedIn(env, user, sessionId, refreshToken, now() + userLimits.sessionMs)
}

/**
 * The same work and the same answer for a wrong password and an unknown address; failures slow the address down, soon
 * for who made them and late for everybody, so that a guesser elsewhere does not keep the owner out. It is looked at
 * again when the turn to hash comes, so a crowd of guesses sent at once is not evaluated as one.
 */
export async function assertPassword({ db, now, hashing }: UserEnv, { email, from = '' }: Guess, user: User | undefined, password: string) {
  const attempt = { subject: digest(email), sender: digest(from) }
  const before = async () => {
    const waitMs = (await throttledUntil(db, attempt)) - now()
    if (waitMs > 0) refuse('login_throttled', { retryAfterSeconds: Math.ceil(waitMs / 1_000) })
  }
  await before()
  const after = async (same: boolean) => void (await (same ? clearFailures(db, attempt) : noteFailure(db, attempt, now())))
  if (!(await hashing.matches(user?.hash ?? null, password, { before, after })) || !user) refuse('login_failed')
}

/** `from`: the household or host it came from; all that are not told apart are one. */
type Guess = { email: string; from?: string | undefined }

function signedIn({ tokens, now }: UserEnv, user: User, sessionId: string, refreshToken: string, refreshUntil: number) {
  const expiresAt = now() + userLimits.accessMs
  const accessToken = tokens.sign({ userId: user.id, sessionId, role: user.role, epoch: user.epoch, exp: expiresAt })
  return { accessToken, expiresAt, refreshToken, refreshUntil, user: profileOf(user) }
}

/**
 * Rotates. The last replaced token may be shown again within five seconds of its first use while its successor is
 * unused (the reply was lost): the successor is replaced. Any other replaced token is a stolen one: the session ends.
 */
export async function refresh(env: UserEnv, { refreshToken }: { refreshToken: string }) {
  const { db, now } = env
  const given = digest(refreshToken)
  const successor = newToken()
  const found = await db.transaction(async (tx) => {
    const id = await sessionIdOfRefresh(tx, given)
    const session = id === undefined ? undefined : await lockSession(tx, id)
    if (!session || session.endedAt !== null || session.until <= now()) return undefined
    if (session.refreshHash === given) {
      await rotate(tx, session, digest(successor), now())
      return { session, reused: false }
    }
    if (session.previousHash === given && now() <= (session.rotatedAt ?? 0) + userLimits.refreshRepeatMs) {
      await replaceSuccessor(tx, session, digest(successor))
      return { session, reused: false }
    }
    await endSessions(tx, { userId: session.userId, sessionId: session.id }, 'refresh_reused', now())
    return { session, reused: true }
  })
  if (!found) return refuse('sign_in_required')
  if (found.reused) {
    env.changed({ sessionIds: [found.session.id], users: [] })
    return refuse('sign_in_required')
  }
  const user = await userById(db, found.session.userId)
  if (!user || user.erasedAt !== null) return refuse('sign_in_required')
  return signedIn(env, user, found.session.id, successor, found.session.until)
}

export async function signOut({ db, now, changed }: UserEnv, { userId, sessionId }: { userId: string; sessionId: string }) {
  const sessionIds = await db.transaction((tx) => endSessions(tx, { userId, sessionId }, 'signed_out', now()))
  changed({ sessionIds, users: [] })
  return {}
}
