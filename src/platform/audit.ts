import sql, { raw } from 'sql-template-tag'
import { at, type Tx } from './database.ts'

/** `before` and `after`: what of the target the act changed; absent where it made or removed it. */
export type Act = { actor: string; action: string; target: string; before?: unknown; after?: unknown }

/** Who did what to which thing, into `service`'s append-only audit table, in the transaction that did it. */
export async function writeAudit(tx: Tx, service: string, acts: Act[], now: number): Promise<void> {
  if (acts.length === 0) return
  const json = (value: unknown) => (value === undefined || value === null ? null : JSON.stringify(value))
  await tx.rows(sql`
    insert into ${raw(`"${service}"`)}.audit (actor, at, action, target, before, after)
    select a.actor, ${at(now)}, a.action, a.target, a.before, a.after
    from unnest(${acts.map((a) => a.actor)}::uuid[], ${acts.map((a) => a.action)}::text[],
      ${acts.map((a) => a.target)}::text[], ${acts.map((a) => json(a.before))}::jsonb[],
      ${acts.map((a) => json(a.after))}::jsonb[]) as a(actor, action, target, before, after)`)
}
