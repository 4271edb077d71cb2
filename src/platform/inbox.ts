import sql, { raw } from 'sql-template-tag'
import { at, type Database, isConnectionLost, type Tx } from './database.ts'
import type { Envelope } from './events.ts'
import { UnknownOutcome } from './outcome.ts'
import type { EventHandler } from './service.ts'

export const deliveryAttemptsMax = 5

/** A service that hears events: `name` is its schema, where the inbox and the parked messages live. */
export type Subscriber = { name: string; on: Record<string, EventHandler> }

/**
 * Applies events to one subscriber: effect and receipt commit together. Per (producer, key) only versions above the
 * last applied one count, so repeats and stragglers do nothing. Returns the keys whose events could not be applied
 * (nothing of theirs was changed); the others are done. Throws when the database is away.
 */
export async function deliver(db: Database, subscriber: Subscriber, events: Envelope[]): Promise<Map<string, unknown>> {
  const heard = events.filter((event) => subscriber.on[event.name])
  if (heard.length === 0) return new Map()
  try {
    await db.transaction((tx) => apply(tx, subscriber, heard))
    return new Map()
  } catch (error) {
    // no message is to blame for a database that is away: nobody's tries are counted, everything is told again
    if (isConnectionLost(error) || error instanceof UnknownOutcome) throw error
    const keys = [...new Set(heard.map((event) => event.key))]
    if (keys.length === 1) return new Map([[keys[0] as string, error]])
    const half = new Set(keys.slice(0, keys.length >> 1))
    const first = await deliver(db, subscriber, heard.filter((event) => half.has(event.key)))
    const second = await deliver(db, subscriber, heard.filter((event) => !half.has(event.key)))
    return new Map([...first, ...second])
  }
}

async function apply(tx: Tx, subscriber: Subscriber, events: Envelope[]) {
  const schema = raw(`"${subscriber.name}"`)
  const last = new Map<string, number>()
  for (const event of events) last.set(`${event.producer} ${event.key}`, 0)
  const names = [...last.keys()].sort()
  const producers = names.map((name) => name.slice(0, name.indexOf(' ')))
  const keys = names.map((name) => name.slice(name.indexOf(' ') + 1))
  await tx.rows(sql`
    insert into ${schema}.inbox (producer, key, version)
    select producer, key, 0 from unnest(${producers}::text[], ${keys}::text[]) as k(producer, key) order by 1, 2
    on conflict do nothing`)
  const rows = await tx.rows<{ producer: string; key: string; version: number }>(sql`
    select i.producer, i.key, i.version from ${schema}.inbox i
    join unnest(${producers}::text[], ${keys}::text[]) as k(producer, key) using (producer, key)
    order by 1, 2 for update of i`)
  for (const row of rows) last.set(`${row.producer} ${row.key}`, row.version)
  const fresh = events.filter((event) => {
    const name = `${event.producer} ${event.key}`
    if (event.version <= (last.get(name) ?? 0)) return false
    last.set(name, event.version)
    return true
  })
  for (const run of runsOf(fresh)) await subscriber.on[run[0]?.name ?? '']?.(tx, run)
  await tx.rows(sql`
    update ${schema}.inbox i set version = k.version
    from unnest(${producers}::text[], ${keys}::text[], ${names.map((name) => last.get(name))}::bigint[])
      as k(producer, key, version)
    where i.producer = k.producer and i.key = k.key and i.version < k.version`)
}

/** Neighbours of one name, each key once a run, so that a handler may treat a run as a set. */
function runsOf(events: Envelope[]): Envelope[][] {
  const runs: Envelope[][] = []
  let seen = new Set<string>()
  for (const event of events) {
    const current = runs.at(-1)
    if (current?.[0]?.name === event.name && !seen.has(event.key)) current.push(event)
    else {
      runs.push([event])
      seen = new Set()
    }
    seen.add(event.key)
  }
  return runs
}

/** Keeps a message that failed too often, with its key and reason; later messages of a parked key join it, in order. */
export async function park(db: Database, subscriber: string, events: Envelope[], error: unknown, now: number) {
  await db.rows(sql`
    insert into ${raw(`"${subscriber}"`)}.parked (producer, key, version, name, data, occurred_at, error, parked_at)
    select e.producer, e.key, e.version, e.name, e.data, e.occurred_at, ${String(error).slice(0, 500)}, ${at(now)}
    from unnest(${events.map((e) => e.producer)}::text[], ${events.map((e) => e.key)}::text[],
      ${events.map((e) => e.version)}::bigint[], ${events.map((e) => e.name)}::text[],
      ${events.map((e) => JSON.stringify(e.data))}::jsonb[], ${events.map((e) => at(e.occurredAt))}::timestamptz[])
      as e(producer, key, version, name, data, occurred_at)
    on conflict (producer, key, version) do nothing`)
}

export async function parkedKeys(db: Database, subscriber: string): Promise<Set<string>> {
  const rows = await db.rows<{ key: string }>(sql`
    select distinct producer || ' ' || key as key from ${raw(`"${subscriber}"`)}.parked`)
  return new Set(rows.map((row) => row.key))
}

/** Tries parked messages again, in order; what succeeds leaves the table. Returns how many were applied. */
export async function replayParked(db: Database, subscriber: Subscriber): Promise<number> {
  const rows = await db.rows<Envelope>(sql`
    select producer, key, version, name, data, occurred_at as "occurredAt"
    from ${raw(`"${subscriber.name}"`)}.parked order by producer, key, version`)
  let applied = 0
  const failed = new Set<string>()
  for (const event of rows) {
    const name = `${event.producer} ${event.key}`
    if (failed.has(name)) continue
    const failures = await deliver(db, subscriber, [event])
    if (failures.size > 0) failed.add(name)
    else {
      await db.rows(sql`delete from ${raw(`"${subscriber.name}"`)}.parked
        where producer = ${event.producer} and key = ${event.key} and version = ${event.version}`)
      applied++
    }
  }
  return applied
}
