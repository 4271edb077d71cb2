import sql, { join, raw, type Sql } from 'sql-template-tag'
import { at, type Database, isConnectionLost, type Tx } from './database.ts'
import type { Envelope } from './events.ts'
import { applyEvents, lockKeys, type Subscriber } from './inbox.ts'
import { refuse, UnknownOutcome } from './outcome.ts'

export const parkedListMax = 1_000

/** A message that could not be applied, or waits behind one of its key; `since` in epoch ms. */
export type Parked = { subscriber: string; producer: string; key: string; version: number; name: string; error: string; since: number }
export type ParkedList = { count: number; parked: Parked[] }
/** `applied` in order; of each key in `failed` only its first message was tried. */
export type Replay = { applied: Parked[]; failed: Parked[] }

const tableOf = (subscriber: string): Sql => raw(`"${subscriber}".parked`)
const keyOf = ({ producer, key }: { producer: string; key: string }) => `${producer} ${key}`

/** Keeps messages that failed too often, with their keys and the reason; later messages of a parked key join it, in order. */
export async function park(reader: Pick<Database, 'rows'>, subscriber: string, events: Envelope[], error: unknown, now: number) {
  await reader.rows(sql`
    insert into ${tableOf(subscriber)} (producer, key, version, name, data, occurred_at, error, parked_at)
    select e.producer, e.key, e.version, e.name, e.data, e.occurred_at, ${textOf(error)}, ${at(now)}
    from unnest(${events.map((e) => e.producer)}::text[], ${events.map((e) => e.key)}::text[],
      ${events.map((e) => e.version)}::bigint[], ${events.map((e) => e.name)}::text[],
      ${events.map((e) => JSON.stringify(e.data))}::jsonb[], ${events.map((e) => at(e.occurredAt))}::timestamptz[])
      as e(producer, key, version, name, data, occurred_at)
    on conflict (producer, key, version) do nothing`)
}

// PostgreSQL stores no NUL
const textOf = (error: unknown) => String(error).replaceAll('\0', '').slice(0, 500)

export async function parkedKeys(reader: Pick<Database, 'rows'>, subscriber: string): Promise<Set<string>> {
  const rows = await reader.rows<{ producer: string; key: string }>(sql`select distinct producer, key from ${tableOf(subscriber)}`)
  return new Set(rows.map(keyOf))
}

/**
 * Parks what came for keys that were seen parked, while they still are: the key is locked, so a replay that takes its
 * last message at this moment comes before, and the rest is answered to be delivered, or after, and finds these.
 */
export async function parkBehind(db: Database, subscriber: Subscriber, events: Envelope[], now: number): Promise<Envelope[]> {
  return db.transaction(async (tx) => {
    await lockKeys(tx, subscriber.name, events)
    const parked = await parkedKeys(tx, subscriber.name)
    const behind = events.filter((event) => parked.has(keyOf(event)))
    if (behind.length > 0) await park(tx, subscriber.name, behind, 'behind a parked message', now)
    return events.filter((event) => !parked.has(keyOf(event)))
  })
}

export async function countParked(db: Database, subscribers: string[]): Promise<Map<string, number>> {
  if (subscribers.length === 0) return new Map()
  const counts = subscribers.map((name) => sql`select ${name}::text as subscriber, count(*)::int as count from ${tableOf(name)}`)
  const rows = await db.rows<{ subscriber: string; count: number }>(join(counts, ' union all '))
  return new Map(rows.map(({ subscriber, count }) => [subscriber, count]))
}

/** What is parked, those who wait longest first, a key's messages in order; at most `parkedListMax` of `count`. */
export async function listParked(db: Database, subscribers: string[]): Promise<ParkedList> {
  const count = [...(await countParked(db, subscribers)).values()].reduce((sum, each) => sum + each, 0)
  if (count === 0) return { count, parked: [] }
  const all = subscribers.map((name) => sql`
    select ${name}::text as subscriber, producer, key, version, name, error, parked_at as since,
      min(parked_at) over (partition by producer, key) as first from ${tableOf(name)}`)
  const parked = await db.rows<Parked>(sql`
    select subscriber, producer, key, version, name, error, since from (${join(all, ' union all ')}) p
    order by first, subscriber, producer, key, version limit ${parkedListMax}::int`)
  return { count, parked }
}

/** Of one subscriber, or of all there are here; one that is not here is refused. */
export async function replayAll(db: Database, subscribers: Subscriber[], { subscriber, key }: { subscriber?: string; key?: string }): Promise<Replay> {
  const chosen = subscribers.filter(({ name }) => subscriber === undefined || name === subscriber)
  if (subscriber !== undefined && chosen.length === 0) refuse('request_invalid', { detail: `no subscriber is called ${subscriber}; there ${subscribers.length === 0 ? 'is none here' : `are ${subscribers.map(({ name }) => name).join(', ')}`}` })
  const done: Replay = { applied: [], failed: [] }
  for (const each of chosen) {
    const { applied, failed } = await replayParked(db, each, key)
    done.applied.push(...applied)
    done.failed.push(...failed)
  }
  return done
}

/** Applies a subscriber's parked messages again, each key in order until one fails; `key` is that of the aggregate. */
export async function replayParked(db: Database, subscriber: Subscriber, key?: string): Promise<Replay> {
  const keys = await db.rows<{ producer: string; key: string }>(sql`
    select producer, key from ${tableOf(subscriber.name)} where ${key ?? null}::text is null or key = ${key ?? null}
    group by producer, key order by min(parked_at), producer, key`)
  const done: Replay = { applied: [], failed: [] }
  for (const each of keys) {
    let message = await replayNext(db, subscriber, each)
    for (; message && message.error === undefined; message = await replayNext(db, subscriber, each)) done.applied.push(message.parked)
    if (message) done.failed.push(message.parked)
  }
  return done
}

type Key = { producer: string; key: string }

/** The first parked message of a key, applied and gone, or with why it failed again; undefined when none is left. */
async function replayNext(db: Database, subscriber: Subscriber, key: Key): Promise<{ parked: Parked; error?: unknown } | undefined> {
  let parked: Parked | undefined
  try {
    await db.transaction(async (tx) => {
      await lockKeys(tx, subscriber.name, [key])
      const first = await firstOf(tx, subscriber.name, key)
      if (!first) return
      const { data, occurredAt, ...rest } = first
      parked = { subscriber: subscriber.name, ...rest }
      await applyEvents(tx, subscriber, [{ ...key, name: first.name, version: first.version, data, occurredAt }])
      await tx.rows(sql`delete from ${tableOf(subscriber.name)} where producer = ${key.producer} and key = ${key.key} and version = ${first.version}`)
    })
    return parked && { parked }
  } catch (error) {
    if (!parked || isConnectionLost(error) || error instanceof UnknownOutcome) throw error
    await db.rows(sql`update ${tableOf(subscriber.name)} set error = ${textOf(error)}
      where producer = ${key.producer} and key = ${key.key} and version = ${parked.version}`)
    return { parked: { ...parked, error: textOf(error) }, error }
  }
}

type Kept = Omit<Parked, 'subscriber'> & Pick<Envelope, 'data' | 'occurredAt'>

async function firstOf(tx: Tx, subscriber: string, { producer, key }: Key): Promise<Kept | undefined> {
  const [first] = await tx.rows<Kept>(sql`
    select producer, key, version, name, error, parked_at as since, data, occurred_at as "occurredAt"
    from ${tableOf(subscriber)} where producer = ${producer} and key = ${key} order by version limit 1`)
  return first
}
