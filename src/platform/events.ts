import sql, { join, raw } from 'sql-template-tag'
import type { Reader, Tx } from './database.ts'

/** A fact as it travels: `key` is the aggregate's id, `version` counts that aggregate's events from 1 without order gaps mattering. */
export type Envelope = {
  producer: string
  name: string
  key: string
  version: number
  occurredAt: number
  data: Record<string, unknown>
}

export type NewEvent = { name: string; key: string; version: number; occurredAt: number; data: Record<string, unknown> }

export const outboxSlots = 16

/**
 * Writes events beside the fact, in its transaction. The caller assigns `version` from the aggregate's `event_version`
 * while that row is locked. Identity is CACHE 1, so rows of one key are in version order.
 */
export async function emit(tx: Tx, producer: string, events: NewEvent[]): Promise<void> {
  if (events.length === 0) return
  await tx.rows(sql`
    insert into ${raw(`"${producer}"`)}.outbox (key, version, slot, name, data, occurred_at)
    select e.key, e.version, e.slot, e.name, e.data, e.occurred_at
    from unnest(${events.map((e) => e.key)}::text[], ${events.map((e) => e.version)}::bigint[],
      ${events.map((e) => slotOf(e.key))}::int[], ${events.map((e) => e.name)}::text[],
      ${events.map((e) => JSON.stringify(e.data))}::jsonb[], ${events.map((e) => new Date(e.occurredAt))}::timestamptz[])
      with ordinality as e(key, version, slot, name, data, occurred_at, i)
    order by e.i`)
  for (const wake of listeners) tx.afterCommit(() => wake(producer))
}

/** How many events these services have told nobody of yet. */
export async function countOutbox(db: Reader, producers: string[]): Promise<{ producer: string; count: number }[]> {
  if (producers.length === 0) return []
  return db.rows(join(producers.map((name) => sql`select ${name}::text as producer, count(*)::int as count from ${raw(`"${name}"`)}.outbox`), ' union all '))
}

const listeners = new Set<(producer: string) => void>()

/** Hears whose outbox may have new rows; a hint only, the relay also polls. */
export function onEmit(wake: (producer: string) => void): () => void {
  listeners.add(wake)
  return () => listeners.delete(wake)
}

/** FNV-1a of the key, so that a key always has the same slot in every process. */
export function slotOf(key: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  return (hash >>> 0) % outboxSlots
}
