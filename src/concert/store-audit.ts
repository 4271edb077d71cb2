import sql from 'sql-template-tag'
import { at, type Tx } from '../platform/database.ts'

export type Audit = { actor: string; action: string; target: string; before?: unknown; after?: unknown }

/** Who did what to which thing, in the transaction that did it. */
export const audit = (tx: Tx, { actor, action, target, before = null, after = null }: Audit, now: number) =>
  tx.rows(sql`
    insert into concert.audit (actor, at, action, target, before, after)
    values (${actor}, ${at(now)}, ${action}, ${target}, nullif(${JSON.stringify(before)}::jsonb, 'null'),
      nullif(${JSON.stringify(after)}::jsonb, 'null'))`)
