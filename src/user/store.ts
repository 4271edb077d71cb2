import sql, { raw } from 'sql-template-tag'
import { at, type Reader, type Tx } from '../platform/database.ts'
import { refuse } from '../platform/outcome.ts'
import { userLimits } from './api.ts'

export type User = {
  id: string; email: string; name: string; role: 'buyer' | 'organiser' | 'staff' | 'operator'; hash: string | null
  verifiedAt: number | null; epoch: number; createdAt: number; erasedAt: number | null
}
export type Session = { id: string; userId: string; refreshHash: string; previousHash: string | null; rotatedAt: number | null; until: number; endedAt: number | null }

const userColumns = sql`id, email, name, role, password_hash as hash, verified_at as "verifiedAt", epoch, created_at as "createdAt", erased_at as "erasedAt"`
const sessionColumns = sql`id, user_id as "userId", refresh_hash as "refreshHash", previous_hash as "previousHash", rotated_at as "rotatedAt", until, ended_at as "endedAt"`

export const userById = async (db: Reader, id: string) => (await db.rows<User>(sql`select ${userColumns} from "user".users where id = ${id}`))[0]
export const usersById = (db: Reader, ids: string[]) => db.rows<User>(sql`select ${userColumns} from "user".users where id = any(${ids}::uuid[]) and erased_at is null`)
export const userByEmail = async (db: Reader, email: string) => (await db.rows<User>(sql`select ${userColumns} from "user".users where email = ${email}`))[0]

export type NewUser = { id: string; email: string; name: string; role: string; hash: string | null; verifiedAt: number | null }

/** Inserts those whose address is free; returns their ids. */
export async function insertUsers(tx: Tx, users: NewUser[], now: number): Promise<string[]> {
  const rows = await tx.rows<{ id: string }>(sql`
    insert into "user".users (id, email, name, role, password_hash, verified_at, epoch_at, created_at, event_version)
    select u.id, u.email, u.name, u.role, u.hash, u.verified_at, ${at(now)}, ${at(now)}, 1
    from unnest(${users.map((u) => u.id)}::uuid[], ${users.map((u) => u.email)}::text[], ${users.map((u) => u.name)}::text[],
      ${users.map((u) => u.role)}::text[], ${users.map((u) => u.hash)}::text[],
      ${users.map((u) => (u.verifiedAt === null ? null : at(u.verifiedAt)))}::timestamptz[]) as u(id, email, name, role, hash, verified_at)
    on conflict do nothing returning id`)
  return rows.map((row) => row.id)
}

/** `accessUntil` for those whose access tokens live longer than usual. */
export const insertSessions = (tx: Tx, sessions: { id: string; userId: string; hash: string }[], now: number, accessUntil?: number) => tx.rows(sql`
  insert into "user".sessions (id, user_id, refresh_hash, created_at, until, access_until)
  select s.id, s.user_id, s.hash, ${at(now)}, ${at(now + userLimits.sessionMs)}, ${accessUntil === undefined ? null : at(accessUntil)}::timestamptz
  from unnest(${sessions.map((s) => s.id)}::uuid[], ${sessions.map((s) => s.userId)}::uuid[], ${sessions.map((s) => s.hash)}::text[]) as s(id, user_id, hash)`)

/** The session a refresh token is or ever was of; what it is now is read under the session's lock. */
export const sessionIdOfRefresh = async (tx: Tx, hash: string) => (await tx.rows<{ id: string }>(sql`
  select id from "user".sessions where refresh_hash = ${hash}
  union all select session_id from "user".spent_refreshes where token_hash = ${hash} limit 1`))[0]?.id

export const lockSession = async (tx: Tx, id: string) => (await tx.rows<Session>(sql`
  select ${sessionColumns} from "user".sessions where id = ${id} for update`))[0]

const spend = (tx: Tx, { id, refreshHash }: Session) => tx.rows(sql`
  insert into "user".spent_refreshes (token_hash, session_id) values (${refreshHash}, ${id})`)

export async function rotate(tx: Tx, session: Session, hash: string, now: number) {
  await spend(tx, session)
  await tx.rows(sql`
    update "user".sessions set refresh_hash = ${hash}, previous_hash = ${session.refreshHash}, rotated_at = ${at(now)} where id = ${session.id}`)
}

/** Another successor of the same previous token; `rotated_at` stays, so repeats end five seconds after the first use. */
export async function replaceSuccessor(tx: Tx, session: Session, hash: string) {
  await spend(tx, session)
  await tx.rows(sql`update "user".sessions set refresh_hash = ${hash} where id = ${session.id}`)
}

/** Ends one session, or all of a user's but one; returns those that ended now. */
export async function endSessions(tx: Tx, of: { userId: string; sessionId?: string; except?: string }, reason: string, now: number): Promise<string[]> {
  const rows = await tx.rows<{ id: string }>(sql`
    update "user".sessions set ended_at = ${at(now)}, ended_reason = ${reason}
    where user_id = ${of.userId} and ended_at is null
      and (${of.sessionId ?? null}::uuid is null or id = ${of.sessionId ?? null}::uuid)
      and (${of.except ?? null}::uuid is null or id <> ${of.except ?? null}::uuid)
    returning id`)
  return rows.map((row) => row.id)
}

export const raiseEpoch = async (tx: Tx, userId: string, now: number) => (await tx.rows<{ epoch: number }>(sql`
  update "user".users set epoch = epoch + 1, epoch_at = ${at(now)} where id = ${userId} returning epoch`))[0]?.epoch ?? 0

export const liveSessions = (db: Reader, ids: string[], now: number) => db.rows<{ id: string; userId: string; epoch: number; role: User['role']; verified: boolean }>(sql`
  select s.id, s.user_id as "userId", u.epoch, u.role, u.verified_at is not null as verified
  from "user".sessions s join "user".users u on u.id = s.user_id
  where s.id = any(${ids}::uuid[]) and s.ended_at is null and s.until > ${at(now)} and u.erased_at is null`)

/** What guards must know: recent ends, and older ones whose longer tokens still live. More than the limit is refused, never cut. */
export async function changesSince(db: Reader, since: number, now: number) {
  const sessions = await db.rows<{ id: string }>(sql`
    select id from "user".sessions where ended_at >= ${at(since)}
    union select id from "user".sessions where ended_at is not null and access_until > ${at(now)} limit ${userLimits.endedMax + 1}`)
  const earliest = Math.min(since, now - userLimits.rehearsalAccessMs)
  const users = await db.rows<{ userId: string; epoch: number }>(sql`
    select id as "userId", epoch from "user".users where epoch > 0 and epoch_at >= ${at(earliest)} limit ${userLimits.endedMax + 1}`)
  if (sessions.length > userLimits.endedMax || users.length > userLimits.endedMax) refuse('overloaded', { retryAfterSeconds: 1 })
  return { sessionIds: sessions.map((row) => row.id), users }
}

export const insertLink = (tx: Tx, link: { hash: string; userId: string; purpose: 'verify' | 'reset'; until: number }) => tx.rows(sql`
  insert into "user".links (token_hash, user_id, purpose, until) values (${link.hash}, ${link.userId}, ${link.purpose}, ${at(link.until)})`)

export const userIdOfLink = async (tx: Tx, hash: string) => (await tx.rows<{ userId: string }>(sql`
  select user_id as "userId" from "user".links where token_hash = ${hash}`))[0]?.userId

/** Spends a link once, and with it the others of its purpose; false when it was used, has expired or is for something else. */
export async function spendLink(tx: Tx, hash: string, purpose: string, now: number): Promise<boolean> {
  const [link] = await tx.rows<{ userId: string }>(sql`
    update "user".links set used_at = ${at(now)}
    where token_hash = ${hash} and purpose = ${purpose} and used_at is null and until > ${at(now)} returning user_id as "userId"`)
  if (link) await tx.rows(sql`update "user".links set used_at = ${at(now)} where user_id = ${link.userId} and purpose = ${purpose} and used_at is null`)
  return link !== undefined
}

/** How many links of a purpose were sent and have not expired, used ones too. */
export const linkCount = async (tx: Tx, userId: string, purpose: string, now: number) => (await tx.rows<{ count: number }>(sql`
  select count(*)::int as count from "user".links where user_id = ${userId} and purpose = ${purpose} and until > ${at(now)}`))[0]?.count ?? 0

export const setVerified = (tx: Tx, userId: string, now: number) => tx.rows(sql`
  update "user".users set verified_at = coalesce(verified_at, ${at(now)}) where id = ${userId} and erased_at is null`)
export const setPassword = (tx: Tx, userId: string, hash: string) => tx.rows(sql`
  update "user".users set password_hash = ${hash} where id = ${userId} and erased_at is null`)
export const setRole = (tx: Tx, userId: string, role: string) => tx.rows(sql`update "user".users set role = ${role} where id = ${userId}`)
export const lockUser = async (tx: Tx, id: string) => (await tx.rows<User>(sql`select ${userColumns} from "user".users where id = ${id} for update`))[0]
export const lockUserByEmail = async (tx: Tx, email: string) => (await tx.rows<User>(sql`select ${userColumns} from "user".users where email = ${email} for update`))[0]

/** The user as it is now, locked, if it still has the password that was checked. */
export const lockUnchangedUser = async (tx: Tx, { id, hash }: User, strength: 'share' | 'update') => (await tx.rows<User>(sql`
  select ${userColumns} from "user".users where id = ${id} and password_hash = ${hash} and erased_at is null for ${raw(strength)}`))[0]

export async function erase(tx: Tx, { id: userId, email }: User, now: number): Promise<number> {
  await tx.rows(sql`delete from "user".links where user_id = ${userId}`)
  await tx.rows(sql`delete from "user".mails where recipient = ${email}`)
  await tx.rows(sql`delete from "user".reset_requests where email = ${email}`)
  const [row] = await tx.rows<{ version: number }>(sql`
    update "user".users set email = 'erased-' || id || '@invalid', name = '', password_hash = null, verified_at = null,
      erased_at = ${at(now)}, event_version = event_version + 1 where id = ${userId} returning event_version as version`)
  return row?.version ?? 0
}

export const sessionsOf = (db: Reader, userId: string) => db.rows<{ id: string; createdAt: number; endedAt: number | null }>(sql`
  select id, created_at as "createdAt", ended_at as "endedAt" from "user".sessions where user_id = ${userId} order by created_at desc limit 100`)
