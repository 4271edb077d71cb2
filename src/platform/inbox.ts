import sql, { raw } from 'sql-template-tag'
import { inHalves } from './batch.ts'
import type { Database, Tx } from './database.ts'
import type { Envelope } from './events.ts'
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
  // no message is to blame for a database that is away: nobody's tries are counted, everything is told again
  const failures = await inHalves([...new Set(heard.map((event) => event.key))], (some) => {
    const keys = new Set(some)
    return db.transaction((tx) => applyEvents(tx, subscriber, heard.filter((event) => keys.has(event.key))))
  })
  return new Map(failures.map(({ item, error }) => [item, error]))
}

/** Effect and receipt, in the transaction of the caller, which fails with the first event that cannot be applied. */
export async function applyEvents(tx: Tx, subscriber: Subscriber, events: Envelope[]) {
  const last = await lockKeys(tx, subscriber.name, events)
  const fresh = events.filter((event) => {
    const name = `${event.producer} ${event.key}`
    if (event.version <= (last.get(name) ?? 0)) return false
    last.set(name, event.version)
    return true
  })
  for (const run of runsOf(fresh)) await subscriber.on[run[0]?.name ?? '']?.(tx, run)
  const keys = [...last].map(([name, version]) => ({ ...keyOf(name), version }))
  await tx.rows(sql`
    update ${raw(`"${subscriber.name}"`)}.inbox i set version = k.version
    from unnest(${keys.map((k) => k.producer)}::text[], ${keys.map((k) => k.key)}::text[], ${keys.map((k) => k.version)}::bigint[])
      as k(producer, key, version)
    where i.producer = k.producer and i.key = k.key and i.version < k.version`)
}

const keyOf = (name: string) => ({ producer: name.slice(0, name.indexOf(' ')), key: name.slice(name.indexOf(' ') + 1) })

/** Locks keys, in one order, and answers the version last applied of each `producer key`. Whoever delivers, parks or replays them waits here. */
export async function lockKeys(tx: Tx, subscriber: string, events: { producer: string; key: string }[]): Promise<Map<string, number>> {
  const schema = raw(`"${subscriber}"`)
  const keys = [...new Set(events.map((event) => `${event.producer} ${event.key}`))].sort().map(keyOf)
  const [producers, names] = [keys.map((k) => k.producer), keys.map((k) => k.key)]
  await tx.rows(sql`
    insert into ${schema}.inbox (producer, key, version)
    select producer, key, 0 from unnest(${producers}::text[], ${names}::text[]) as k(producer, key) order by 1, 2
    on conflict do nothing`)
  const rows = await tx.rows<{ producer: string; key: string; version: number }>(sql`
    select i.producer, i.key, i.version from ${schema}.inbox i
    join unnest(${producers}::text[], ${names}::text[]) as k(producer, key) using (producer, key)
    order by 1, 2 for update of i`)
  return new Map(rows.map((row) => [`${row.producer} ${row.key}`, row.version]))
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
