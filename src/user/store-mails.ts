import sql from 'sql-template-tag'
import { at, type Database, type Reader, type Tx } from '../platform/database.ts'
import { userLimits } from './api.ts'

export type WaitingMail = { id: number; to: string; subject: string; text: string; attempts: number }

export const insertMail = (tx: Tx, mail: { to: string; subject: string; text: string }, now: number) => tx.rows(sql`
  insert into "user".mails (recipient, subject, body, created_at, next_at) values (${mail.to}, ${mail.subject}, ${mail.text}, ${at(now)}, ${at(now)})`)

/** Takes mails that are due; nobody else takes them before the lease ends. */
export const claimMails = (db: Database, now: number) => db.rows<WaitingMail>(sql`
  update "user".mails set attempts = attempts + 1, next_at = ${at(now + userLimits.mailLeaseMs)} where id in (
    select id from "user".mails where sent_at is null and next_at <= ${at(now)} order by next_at, id
    limit ${userLimits.mailsPerRunMax}::int for update skip locked)
  returning id, recipient as "to", subject, body as text, attempts`)

export const deferMail = (db: Database, id: number, nextAt: number) => db.rows(sql`
  update "user".mails set next_at = ${at(nextAt)} where id = ${id} and sent_at is null`)

export const mailSent = (db: Database, id: number, now: number) => db.rows(sql`
  update "user".mails set sent_at = ${at(now)}, body = '' where id = ${id}`)

/** A mail whose link has expired is of no use to anybody; returns how many were given up. */
export const dropExpiredMails = async (db: Database, now: number) => (await db.rows(sql`
  delete from "user".mails where sent_at is null and created_at < ${at(now - userLimits.linkMs)} returning id`)).length

export const insertResetRequest = (db: Database, email: string, now: number) => db.rows(sql`
  insert into "user".reset_requests (email, created_at) values (${email}, ${at(now)}) on conflict do nothing`)

export const resetRequests = (db: Database) => db.rows<{ email: string }>(sql`
  select email from "user".reset_requests order by created_at limit ${userLimits.sweepChunkMax}::int`)

/** True for the one who took it. */
export const takeResetRequest = async (tx: Tx, email: string) => (await tx.rows(sql`
  delete from "user".reset_requests where email = ${email} returning email`)).length > 0

/** Requests for addresses without an account. */
export const dropUnknownRequests = (db: Database) => db.rows(sql`
  delete from "user".reset_requests where email in (
    select r.email from "user".reset_requests r where not exists (select from "user".users u where u.email = r.email)
    limit ${userLimits.sweepChunkMax}::int)`)

const dayMs = 24 * 60 * 60_000

/** Deletes what nobody needs any more, in chunks. */
export async function sweep(db: Reader, now: number) {
  const max = userLimits.sweepChunkMax
  await db.rows(sql`delete from "user".links where token_hash in (select token_hash from "user".links where until < ${at(now - dayMs)} limit ${max}::int)`)
  await db.rows(sql`delete from "user".mails where id in (select id from "user".mails where sent_at < ${at(now - dayMs)} limit ${max}::int)`)
  await db.rows(sql`delete from "user".throttles where subject in (select subject from "user".throttles where failed_at < ${at(now - dayMs)} limit ${max}::int)`)
  await db.rows(sql`delete from "user".sessions where id in (select id from "user".sessions where until < ${at(now - 30 * dayMs)} limit ${max}::int)`)
}
