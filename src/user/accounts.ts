import { writeAudit } from '../platform/audit.ts'
import type { Tx } from '../platform/database.ts'
import { emit } from '../platform/events.ts'
import { isRefusal, Refusal, refuse } from '../platform/outcome.ts'
import type { Role } from '../platform/principal.ts'
import { normalise, userLimits } from './api.ts'
import { assertPassword, digest, newToken, profileOf, type UserEnv } from './sessions.ts'
import * as store from './store.ts'
import { dropUnknownRequests, insertMail, insertResetRequest, resetRequests, takeResetRequest } from './store-mails.ts'
import { allNotesOf, deleteNotesOf } from './store-notes.ts'
import { clearAllFailures } from './store-throttles.ts'

const registered = (tx: Tx, userIds: string[], now: number) =>
  emit(tx, 'user', userIds.map((userId) => ({ name: 'user.registered', key: userId, version: 1, occurredAt: now, data: { userId } })))

export async function signUp(env: UserEnv, input: { userId?: string; email: string; name: string; password: string; from?: string }) {
  const { db, now } = env
  const email = normalise(input.email)
  const hash = await env.hashing.hash(input.password)
  const user = { id: input.userId ?? env.newId(), email, name: input.name.normalize('NFC').trim(), role: 'buyer' as const, hash, verifiedAt: null }
  const isNew = await db.transaction(async (tx) => {
    if ((await store.insertUsers(tx, [user], now())).length === 0) return false
    await registered(tx, [user.id], now())
    await sendLink(env, tx, { userId: user.id, email, purpose: 'verify' })
    return true
  })
  if (isNew) return { id: user.id, email, name: user.name, role: user.role, verified: false }
  const known = await store.userByEmail(db, email)
  if (!known || known.id !== input.userId) return refuse('email_taken')
  if (known.name !== user.name) return refuse('idempotency_conflict')
  // throttled like a login, for it would tell as much
  await assertPassword(env, { email, from: input.from }, known, input.password).catch((error: unknown) => {
    throw isRefusal(error) ? new Refusal('idempotency_conflict') : error
  })
  return profile(env, { userId: known.id })
}

const letters = {
  verify: { subject: 'Openrun: 이메일 확인 / verify your e-mail', path: 'verify', text: '15분 안에 링크를 열어 주세요. / Open this link within 15 minutes:' },
  reset: { subject: 'Openrun: 비밀번호 다시 정하기 / reset your password', path: 'reset', text: '15분 안에 링크를 열어 주세요. 요청하지 않았다면 지워도 돼요. / Open this link within 15 minutes, or ignore it:' },
} as const

/** Writes a link and its mail; nothing when this user (locked) was sent enough of them already. */
async function sendLink({ now, publicUrl }: UserEnv, tx: Tx, to: { userId: string; email: string; purpose: 'verify' | 'reset' }) {
  if ((await store.linkCount(tx, to.userId, to.purpose, now())) >= userLimits.linksMax) return
  const token = newToken()
  const letter = letters[to.purpose]
  await store.insertLink(tx, { hash: digest(token), userId: to.userId, purpose: to.purpose, until: now() + userLimits.linkMs })
  await insertMail(tx, { to: to.email, subject: letter.subject, text: `${letter.text}\n${publicUrl}/${letter.path}?token=${token}` }, now())
}

/** Users are locked before links everywhere. */
async function spendLink(tx: Tx, token: string, purpose: 'verify' | 'reset', now: number): Promise<store.User> {
  const userId = (await store.userIdOfLink(tx, digest(token))) ?? refuse('link_invalid')
  const user = (await store.lockUser(tx, userId)) ?? refuse('link_invalid')
  return (await store.spendLink(tx, digest(token), purpose, now)) ? user : refuse('link_invalid')
}

export async function verifyEmail({ db, now }: UserEnv, { token }: { token: string }) {
  await db.transaction(async (tx) => {
    const user = await spendLink(tx, token, 'verify', now())
    await store.setVerified(tx, user.id, now())
  })
  return {}
}

export async function resendVerification(env: UserEnv, { userId }: { userId: string }) {
  await env.db.transaction(async (tx) => {
    const user = await store.lockUser(tx, userId)
    if (!user || user.erasedAt !== null) return refuse('user_unknown')
    if (user.verifiedAt === null) await sendLink(env, tx, { userId, email: user.email, purpose: 'verify' })
  })
  return {}
}

/** The same single statement for every address; who it is, and whether a mail goes out, is the job's work. */
export async function requestReset({ db, now }: UserEnv, { email }: { email: string }) {
  await insertResetRequest(db, normalise(email), now())
  return {}
}

/** Writes the mails of those who asked for a reset and have an account; each request is taken once. */
export async function answerResetRequests(env: UserEnv) {
  await dropUnknownRequests(env.db)
  for (const { email } of await resetRequests(env.db))
    await env.db.transaction(async (tx) => {
      const user = await store.lockUserByEmail(tx, email)
      if (user && (await takeResetRequest(tx, email))) await sendLink(env, tx, { userId: user.id, email, purpose: 'reset' })
    })
}

/** Sets the password by a single-use link; every session ends, for whoever had the old password may hold one. */
export async function resetPassword(env: UserEnv, { token, password }: { token: string; password: string }) {
  const hash = await env.hashing.hash(password)
  const change = await env.db.transaction(async (tx) => {
    const user = await spendLink(tx, token, 'reset', env.now())
    await store.setPassword(tx, user.id, hash)
    await store.setVerified(tx, user.id, env.now()) // who can open the link owns the address
    await clearAllFailures(tx, digest(user.email))
    return endAll(env, tx, user.id, 'password_reset')
  })
  env.changed(change)
  return {}
}

async function endAll({ now }: UserEnv, tx: Tx, userId: string, reason: string, except?: string) {
  const sessionIds = await store.endSessions(tx, { userId, ...(except ? { except } : {}) }, reason, now())
  return { sessionIds, users: [] as { userId: string; epoch: number }[] }
}

export async function changePassword(env: UserEnv, input: { userId: string; sessionId: string; password: string; newPassword: string; from?: string }) {
  const user = await known(env, input.userId)
  await assertPassword(env, { email: user.email, from: input.from }, user, input.password)
  const hash = await env.hashing.hash(input.newPassword)
  const change = await env.db.transaction(async (tx) => {
    if (!(await store.lockUnchangedUser(tx, user, 'update'))) refuse('login_failed')
    await store.setPassword(tx, user.id, hash)
    return endAll(env, tx, user.id, 'password_changed', input.sessionId)
  })
  env.changed(change)
  return {}
}

async function known({ db }: UserEnv, userId: string): Promise<store.User> {
  const user = await store.userById(db, userId)
  return user && user.erasedAt === null ? user : refuse('user_unknown')
}

export const profile = async (env: UserEnv, { userId }: { userId: string }) => profileOf(await known(env, userId))

/** What was asked is not kept, for it may be anybody's address: only who was found. */
export async function lookUp({ db, now }: UserEnv, { userId, email, showId, by }: { userId?: string; email?: string; showId: string; by: string }) {
  return db.transaction(async (tx) => {
    const found = userId !== undefined ? await store.userById(tx, userId) : email !== undefined ? await store.userByEmail(tx, normalise(email)) : undefined
    const user = found?.erasedAt === null ? found : undefined
    await writeAudit(tx, 'user', [{ actor: by, action: 'buyer.look_up', target: showId, after: { userId: user?.id ?? null } }], now())
    return { profile: user ? profileOf(user) : null }
  })
}

/** An address nobody has verified may belong to somebody else: its account is not found. */
export async function findStaff({ db, now }: UserEnv, { email, concertId, by }: { email: string; concertId: string; by: string }) {
  return db.transaction(async (tx) => {
    const found = await store.userByEmail(tx, normalise(email))
    const user = found?.erasedAt === null && found.verifiedAt !== null ? found : undefined
    await writeAudit(tx, 'user', [{ actor: by, action: 'staff.look_up', target: concertId, after: { userId: user?.id ?? null } }], now())
    return { profile: user ? profileOf(user) : null }
  })
}

export const profiles = async ({ db }: UserEnv, { userIds }: { userIds: string[] }) => ({ profiles: (await store.usersById(db, userIds)).map(profileOf) })

export async function setRole(env: UserEnv, { userId, role, by }: { userId: string; role: Role; by: string }) {
  const { db, now } = env
  const epoch = await db.transaction(async (tx) => {
    const user = await store.lockUser(tx, userId)
    if (!user || user.erasedAt !== null) return refuse('user_unknown')
    await store.setRole(tx, userId, role)
    await writeAudit(tx, 'user', [{ actor: by, action: 'user.role', target: userId, before: { role: user.role }, after: { role } }], now())
    return store.raiseEpoch(tx, userId, now())
  })
  env.changed({ sessionIds: [], users: [{ userId, epoch }] })
  return profile(env, { userId })
}

export async function exportData(env: UserEnv, { userId }: { userId: string }) {
  const user = await known(env, userId)
  return { profile: profileOf(user), createdAt: user.createdAt, sessions: await store.sessionsOf(env.db, userId), notes: await allNotesOf(env.db, userId) }
}

/** Erases who it was; the ledger keeps its rows under the id alone. */
export async function erase(env: UserEnv, { userId, password, from }: { userId: string; password: string; from?: string }) {
  const { db, now } = env
  const user = await known(env, userId)
  await assertPassword(env, { email: user.email, from }, user, password)
  const change = await db.transaction(async (tx) => {
    if (!(await store.lockUnchangedUser(tx, user, 'update'))) refuse('login_failed')
    await clearAllFailures(tx, digest(user.email))
    const ended = await endAll(env, tx, userId, 'erased')
    const version = await store.erase(tx, user, now())
    await deleteNotesOf(tx, userId)
    await emit(tx, 'user', [{ name: 'user.erased', key: userId, version, occurredAt: now(), data: { userId } }])
    return { ...ended, users: [{ userId, epoch: await store.raiseEpoch(tx, userId, now()) }] }
  })
  env.changed(change)
  return {}
}

const rehearsalChunk = 1_000

/** Verified fans that nobody can sign in as; only their tokens open them. */
export async function rehearse(env: UserEnv, { count, by }: { count: number; by: string }) {
  const { db, now, newId, tokens } = env
  const fans: { userId: string; accessToken: string }[] = []
  for (let made = 0; made < count; made += rehearsalChunk) {
    const users = Array.from({ length: Math.min(rehearsalChunk, count - made) }, (_, i) => {
      const id = newId()
      return { id, email: `fan-${made + i}-${id.slice(0, 13)}@rehearsal.invalid`, name: `Fan ${made + i}`, role: 'buyer', hash: null, verifiedAt: now() }
    })
    const sessions = users.map((user) => ({ id: newId(), userId: user.id, hash: digest(newToken()) }))
    const exp = now() + userLimits.rehearsalAccessMs
    await db.transaction(async (tx) => {
      await store.insertUsers(tx, users, now())
      await store.insertSessions(tx, sessions, now(), exp)
      await registered(tx, users.map((user) => user.id), now())
      await writeAudit(tx, 'user', [{ actor: by, action: 'user.rehearse', target: String(users.length), before: null, after: null }], now())
    })
    fans.push(...sessions.map(({ id, userId }) => ({ userId, accessToken: tokens.sign({ userId, sessionId: id, role: 'buyer', epoch: 0, exp }) })))
  }
  return { fans }
}

export type EnsuredUser = { email: string; name: string; password: string; role: Role; verified?: boolean }

/** Creates an account at start if its address is free; answers its id either way. An existing one keeps its password. */
export async function ensureUser(env: UserEnv, input: EnsuredUser): Promise<string> {
  const { db, now } = env
  const email = normalise(input.email)
  const there = await store.userByEmail(db, email)
  if (there) return there.id
  const user = { id: env.newId(), email, name: input.name, role: input.role, hash: await env.hashing.hash(input.password), verifiedAt: now() }
  await db.transaction(async (tx) => {
    const made = await store.insertUsers(tx, [user], now())
    await registered(tx, made, now())
  })
  return (await store.userByEmail(db, email))?.id ?? user.id
}
