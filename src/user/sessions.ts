import { createHash, randomBytes } from 'node:crypto'
import type { Database } from '../platform/database.ts'
import { refuse } from '../platform/outcome.ts'
import type { SessionClaims } from '../platform/principal.ts'
import type { Tokens } from '../platform/token.ts'
import { userLimits } from './api.ts'
import type { Hashing } from './hashing.ts'
import { clearFailures, endSessions, insertSessions, noteFailure, rotate, type User, sessionByRefresh, userByEmail, userById } from './store.ts'

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
export const normalise = (email: string) => email.normalize('NFC').trim().toLowerCase()
export const profileOf = (user: User) => ({ id: user.id, email: user.email, name: user.name, role: user.role, verified: user.verifiedAt !== null })

export async function signIn(env: UserEnv, { email, password }: { email: string; password: string }) {
  const { db, now } = env
  const user = await userByEmail(db, normalise(email))
  await assertPassword(env, user, password)
  if (!user) return refuse('login_failed')
  const refreshToken = newToken()
  const sessionId = env.newId()
  await db.transaction((tx) => insertSessions(tx, [{ id: sessionId, userId: user.id, hash: digest(refreshToken) }], now()))
  return signedIn(env, user, sessionId, refreshToken)
}

/** The same work and the same answer for a wrong password and an unknown address; failures slow the account down. */
export async function assertPassword({ db, now, hashing }: UserEnv, user: User | undefined, password: string) {
  const waitMs = user ? throttleMs(user, now()) : 0
  if (waitMs > 0) refuse('login_throttled', { retryAfterSeconds: Math.ceil(waitMs / 1_000) })
  const matches = await hashing.matches(user?.hash ?? null, password)
  if (matches && user) return void (await clearFailures(db, user.id))
  if (user) await noteFailure(db, user.id, now())
  refuse('login_failed')
}

const throttleStepMs = 1_000
const throttleMaxMs = 60_000

function throttleMs({ failures, failedAt }: User, now: number): number {
  const over = failures - userLimits.failuresFree
  if (over < 0 || failedAt === null || failedAt < now - userLimits.failureWindowMs) return 0
  return Math.max(0, failedAt + Math.min(throttleMaxMs, throttleStepMs * 2 ** over) - now)
}

function signedIn({ tokens, now }: UserEnv, user: User, sessionId: string, refreshToken: string) {
  const expiresAt = now() + userLimits.accessMs
  const accessToken = tokens.sign({ userId: user.id, sessionId, role: user.role, epoch: user.epoch, exp: expiresAt })
  return { accessToken, expiresAt, refreshToken, refreshUntil: now() + userLimits.sessionMs, user: profileOf(user) }
}

export async function refresh(env: UserEnv, { refreshToken }: { refreshToken: string }) {
  const { db, now } = env
  const given = digest(refreshToken)
  const successor = newToken()
  const found = await db.transaction(async (tx) => {
    const session = await sessionByRefresh(tx, given)
    if (!session || session.endedAt !== null || session.until <= now()) return undefined
    const repeated = session.previousHash === given
    // a lost answer is repeated soon; anything later is a stolen token, and the whole session ends
    if (repeated && (session.rotatedAt ?? 0) < now() - userLimits.refreshRepeatMs) {
      await endSessions(tx, { userId: session.userId, sessionId: session.id }, 'refresh_reused', now())
      return { session, reused: true }
    }
    await rotate(tx, session.id, digest(successor), given, now())
    return { session, reused: false }
  })
  if (!found) return refuse('sign_in_required')
  if (found.reused) {
    env.changed({ sessionIds: [found.session.id], users: [] })
    return refuse('sign_in_required')
  }
  const user = await userById(db, found.session.userId)
  if (!user || user.erasedAt !== null) return refuse('sign_in_required')
  return signedIn(env, user, found.session.id, successor)
}

export async function signOut({ db, now, changed }: UserEnv, { userId, sessionId }: { userId: string; sessionId: string }) {
  const sessionIds = await db.transaction((tx) => endSessions(tx, { userId, sessionId }, 'signed_out', now()))
  changed({ sessionIds, users: [] })
  return {}
}
