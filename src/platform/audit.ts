import sql, { raw } from 'sql-template-tag'
import Type, { type Static } from 'typebox'
import { Exact, Id, Instant, operation } from './contract.ts'
import { at, type Reader, type Tx } from './database.ts'

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

const limitMax = 100
const Number64 = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const Kept = Exact({ id: Number64, actor: Id, at: Instant, action: Type.String(), target: Type.String(), before: Type.Unknown(), after: Type.Unknown() })
export type Kept = Static<typeof Kept>

/** A service's audit, newest first: what stands before (at, id) in its order, of all targets or of one. */
export const auditOperation = operation({
  input: Exact({ at: Instant, id: Number64, target: Type.Optional(Id), limit: Type.Integer({ minimum: 1, maximum: limitMax }) }),
  output: Exact({ acts: Type.Array(Kept) }),
})
export type AuditAsked = Static<typeof auditOperation.input>

export const readAudit = async (db: Reader, service: string, { at: before, id, target, limit }: AuditAsked): Promise<{ acts: Kept[] }> => ({
  acts: await db.rows<Kept>(sql`
    select id, actor, at, action, target, before, after from ${raw(`"${service}"`)}.audit
    where (at, id) < (${at(before)}, ${id}::bigint) and (${target ?? null}::text is null or target = ${target ?? null}::text)
    order by at desc, id desc limit ${limit}`),
})
