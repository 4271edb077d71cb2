import sql, { raw } from 'sql-template-tag'
import { at, type Database } from './database.ts'
import type { StepHook } from './contract.ts'
import { type Envelope, outboxSlots } from './events.ts'
import { deliver, deliveryAttemptsMax, type Subscriber } from './inbox.ts'
import { park, parkBehind, parkedKeys } from './parked.ts'

export const relayBatchMax = 500
export const leaseMs = 5_000
const takeoverGraceMs = 500

type Relay = {
  /** publishes what is in the outboxes of these producers, by default of all; returns the number of events that left */
  publishOnce: (producers?: Iterable<string>) => Promise<number>
}

export type BusOptions = {
  db: Database
  producers: string[]
  subscribers: Subscriber[]
  now: () => number
  holder: string
  step?: StepHook | undefined
  onParked?: (subscriber: string, event: Envelope, error: unknown) => void
}

/**
 * The bus inside one process: reads each producer's outbox by slot under a lease, in id order, delivers outside the
 * producer's transaction and deletes after. A key that fails blocks only itself and is parked after
 * `deliveryAttemptsMax` tries.
 */
export function createMemoryBus(options: BusOptions): Relay {
  const attempts = new Map<string, number>()
  return {
    publishOnce: async (producers = options.producers) => {
      let published = 0
      for (const producer of producers) published += await publishFrom(options, producer, attempts)
      return published
    },
  }
}

type OutboxRow = Envelope & { id: number }

async function publishFrom(options: BusOptions, producer: string, attempts: Map<string, number>): Promise<number> {
  const { db } = options
  const waiting = await db.rows<{ slot: number }>(sql`select distinct slot from ${raw(`"${producer}"`)}.outbox`)
  if (waiting.length === 0) return 0
  const slots = await lease(options, producer, waiting.map((row) => row.slot))
  const rows = await db.rows<OutboxRow>(sql`
    select id, key, version, name, data, occurred_at as "occurredAt" from ${raw(`"${producer}"`)}.outbox
    where slot = any(${slots}::int[]) order by id limit ${relayBatchMax}`)
  if (rows.length === 0) return 0
  const events = rows.map((row) => ({ ...row, producer }))
  const failed = new Set<string>()
  for (const subscriber of options.subscribers)
    for (const key of await deliverTo(options, subscriber, events, attempts)) failed.add(key)
  options.step?.('publish', producer)
  const done = events.filter((event) => !failed.has(event.key)).map((event) => event.id)
  await db.rows(sql`
    delete from ${raw(`"${producer}"`)}.outbox where slot = any(${slots}::int[]) and id = any(${done}::bigint[])`)
  return done.length
}

async function lease({ db, now, holder }: BusOptions, producer: string, slots: number[]): Promise<number[]> {
  const rows = await db.rows<{ slot: number }>(sql`
    insert into ${raw(`"${producer}"`)}.outbox_leases as l (slot, holder, until)
    select slot, ${holder}, ${at(now() + leaseMs)} from unnest(${slots.sort((a, b) => a - b)}::int[]) as s(slot)
    where slot < ${outboxSlots} order by slot
    on conflict (slot) do update set holder = excluded.holder, until = excluded.until
      where l.holder = excluded.holder or l.until < ${at(now() - takeoverGraceMs)}
    returning slot`)
  return rows.map((row) => row.slot)
}

/** Returns the keys that must stay in the outbox and be tried again. */
async function deliverTo(options: BusOptions, subscriber: Subscriber, events: Envelope[], attempts: Map<string, number>) {
  const { db, now } = options
  if (!events.some((event) => subscriber.on[event.name])) return []
  const parked = await parkedKeys(db, subscriber.name)
  const isParked = (e: Envelope) => parked.has(`${e.producer} ${e.key}`)
  const behind = events.filter((e) => isParked(e) && subscriber.on[e.name])
  const freed = behind.length > 0 ? await parkBehind(db, subscriber, behind, now()) : []
  const open = [...freed, ...events.filter((event) => !isParked(event))]
  const failures = await deliver(db, subscriber, open)
  // tries count in a row: what was applied is no poison
  for (const { key } of open) if (!failures.has(key)) attempts.delete(`${subscriber.name} ${key}`)
  const again: string[] = []
  for (const [key, error] of failures) {
    const name = `${subscriber.name} ${key}`
    const tries = (attempts.get(name) ?? 0) + 1
    attempts.set(name, tries)
    if (tries < deliveryAttemptsMax) {
      again.push(key)
      continue
    }
    attempts.delete(name)
    const mine = open.filter((event) => event.key === key && subscriber.on[event.name])
    await park(db, subscriber.name, mine, error, now())
    for (const event of mine) options.onParked?.(subscriber.name, event, error)
  }
  return again
}
