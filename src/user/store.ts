import sql from 'sql-template-tag'
import { at, type Reader, type Tx } from '../platform/database.ts'
import { userLimits } from './api.ts'

export type User = {
  id: string; email: string; name: string; role: 'buyer' | 'organiser' | 'staff' | 'operator'; hash: string | null
  verifiedAt: number | null; epoch: number; failures: number; failedAt: number | null; createdAt: number; erasedAt: number | null
}
export type Session = { id: string; userId: string; refreshHash: string; previousHash: string | null; rotatedAt: number | null; until: number; endedAt: number | null }

const userColumns = sql`id, email, name, role, password_hash as hash, verified_at as "verifiedAt", epoch, failures, failed_at as "failedAt", created_at as "createdAt", erased_at as "erasedAt"`
const sessionColumns = sql`id, user_id as "userId", refresh_hash as "refreshHash", previous_hash as "previousHash", rotated_at as "rotatedAt", until, ended_at as "endedAt"`

export const userById = async (db: Reader, id: string) => (await db.rows<User>(sql`select ${userColumns} from "user".users where id = ${id}`))[0]
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

export const insertSessions = (tx: Tx, sessions: { id: string; userId: string; hash: string }[], now: number) => tx.rows(sql`
  insert into "user".sessions (id, user_id, refresh_hash, created_at, until)
  select s.id, s.user_id, s.hash, ${at(now)}, ${at(now + userLimits.sessionMs)}
  from unnest(${sessions.map((s) => s.id)}::uuid[], ${sessions.map((s) => s.userId)}::uuid[], ${sessions.map((s) => s.hash)}::text[]) as s(id, user_id, hash)`)

/** The session of this refresh token, current or previous, locked. */
export const sessionByRefresh = async (tx: Tx, hash: string) => (await tx.rows<Session>(sql`
  select ${sessionColumns} from "user".sessions where refresh_hash = ${hash} or previous_hash = ${hash} for update`))[0]

export const rotate = (tx: Tx, id: string, hash: string, previous: string, now: number) => tx.rows(sql`
  update "user".sessions set refresh_hash = ${hash}, previous_hash = ${previous}, rotated_at = ${at(now)} where id = ${id} and ended_at is null`)

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

export async function changesSince(db: Reader, since: number) {
  const sessions = await db.rows<{ id: string }>(sql`select id from "user".sessions where ended_at >= ${at(since)} limit 100000`)
  const users = await db.rows<{ userId: string; epoch: number }>(sql`
    select id as "userId", epoch from "user".users where epoch > 0 and epoch_at >= ${at(since)} limit 100000`)
  return { sessionIds: sessions.map((row) => row.id), users }
}

export const noteFailure = (db: Reader, userId: string, now: number) => db.rows(sql`
  update "user".users set failures = case when failed_at < ${at(now - userLimits.failureWindowMs)} then 1 else failures + 1 end, failed_at = ${at(now)}
  where id = ${userId}`)
export const clearFailures = (db: Reader, userId: string) => db.rows(sql`update "user".users set failures = 0 where id = ${userId} and failures > 0`)

export const insertLink = (tx: Tx, link: { hash: string; userId: string; purpose: 'verify' | 'reset'; until: number }) => tx.rows(sql`
  insert into "user".links (token_hash, user_id, purpose, until) values (${link.hash}, ${link.userId}, ${link.purpose}, ${at(link.until)})`)

/** Spends a link once; nothing when it was used, has expired or is for something else. */
export const spendLink = async (tx: Tx, hash: string, purpose: string, now: number) => (await tx.rows<{ userId: string }>(sql`
  update "user".links set used_at = ${at(now)}
  where token_hash = ${hash} and purpose = ${purpose} and used_at is null and until > ${at(now)} returning user_id as "userId"`))[0]?.userId

export const setVerified = (tx: Tx, userId: string, now: number) => tx.rows(sql`
  update "user".users set verified_at = coalesce(verified_at, ${at(now)}) where id = ${userId} and erased_at is null`)
export const setPassword = (tx: Tx, userId: string, hash: string) => tx.rows(sql`
  update "user".users set password_hash = ${hash}, failures = 0 where id = ${userId} and erased_at is null`)
export const setRole = (tx: Tx, userId: string, role: string) => tx.rows(sql`update "user".users set role = ${role} where id = ${userId}`)
export const lockUser = async (tx: Tx, id: string) => (await tx.rows<User>(sql`select ${userColumns} from "user".users where id = ${id} for update`))[0]

export async function erase(tx: Tx, userId: string, now: number): Promise<number> {
  const [row] = await tx.rows<{ version: number }>(sql`
    update "user".users set email = 'erased-' || id || '@invalid', name = '', password_hash = null, verified_at = null,
      erased_at = ${at(now)}, event_version = event_version + 1 where id = ${userId} returning event_version as version`)
  await tx.rows(sql`delete from "user".links where user_id = ${userId}`)
  return row?.version ?? 0
}

export const insertMail = (tx: Tx, mail: { to: string; subject: string; text: string }, now: number) => tx.rows(sql`
  insert into "user".mails (recipient, subject, body, created_at) values (${mail.to}, ${mail.subject}, ${mail.text}, ${at(now)})`)
export const unsentMails = (db: Reader) => db.rows<{ id: number; to: string; subject: string; text: string }>(sql`
  update "user".mails set attempts = attempts + 1 where id in (
    select id from "user".mails where sent_at is null and attempts < ${userLimits.mailAttemptsMax} order by id limit 50 for update skip locked)
  returning id, recipient as "to", subject, body as text`)
export const mailSent = (db: Reader, id: number, now: number) => db.rows(sql`
  update "user".mails set sent_at = ${at(now)}, body = '' where id = ${id}`)

export const insertAudit = (tx: Tx, entry: { actor: string; action: string; target: string; before: unknown; after: unknown }, now: number) => tx.rows(sql`
  insert into "user".audit (actor, at, action, target, before, after)
  values (${entry.actor}, ${at(now)}, ${entry.action}, ${entry.target}, ${JSON.stringify(entry.before)}::jsonb, ${JSON.stringify(entry.after)}::jsonb)`)

export const sessionsOf = (db: Reader, userId: string) => db.rows<{ id: string; createdAt: number; endedAt: number | null }>(sql`
  select id, created_at as "createdAt", ended_at as "endedAt" from "user".sessions where user_id = ${userId} order by created_at desc limit 100`)
