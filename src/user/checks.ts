import sql from 'sql-template-tag'
import type { Check } from '../platform/check.ts'
import { at } from '../platform/database.ts'

const mailOldMs = 5 * 60_000

export const userChecks: Check[] = [
  { id: 'I21', name: 'an address belongs to one account, in one spelling', query: () => sql`
    select lower(email) as email, count(*) from "user".users group by 1 having count(*) > 1 or bool_or(email <> lower(email)) limit 20` },
  { id: 'I21', name: 'an erased account has no live session, no name and no notes about it', query: () => sql`
    select u.id from "user".users u where erased_at is not null and (name <> '' or password_hash is not null
      or exists (select 1 from "user".sessions s where s.user_id = u.id and s.ended_at is null)
      or exists (select 1 from "user".notes n where n.user_id = u.id)) limit 20` },
  { id: 'I15', name: 'no mail waits for more than five minutes', query: (now) => sql`
    select id, attempts from "user".mails where sent_at is null and created_at < ${at(now - mailOldMs)} limit 20` },
]
