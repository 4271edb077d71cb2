import sql, { raw } from 'sql-template-tag'
import type { StepHook } from './contract.ts'
import { at, type Database } from './database.ts'
import { type Envelope, outboxSlots } from './events.ts'

export const relayBatchMax = 500
/** One that dies is followed after lease, grace and a poll of the next relay: 5 s. */
export const leaseMs = 4_000
const takeoverGraceMs = 500

export type RelayOptions = {
  db: Database
  /** services whose outbox this process relays */
  producers: string[]
  now: () => number
  holder: string
  step?: StepHook | undefined
}

/** Brings events of one producer, in order, to whoever hears them; returns the keys that must stay in the outbox. */
export type Send = (events: Envelope[]) => Promise<Set<string>>

export type Relay = {
  /** publishes what is in the outboxes of these producers, by default of all; returns the number of events that left */
  publishOnce: (producers?: Iterable<string>) => Promise<number>
  /** gives the slots back, so that another relay need not wait for the leases to end */
  release: () => Promise<void>
}

/** Keys of a producer that are not to be tried now. */
export type Resting = (producer: string) => string[]

/**
 * Reads each producer's outbox by slot under a lease, in id order, sends outside the producer's transaction and deletes
 * after. A key that could not be sent blocks only itself; a crash before the delete repeats. The lease spares work and
 * needs no fence: one that was overtaken sends again what its successor has sent, in the same order, and whoever hears it
 * has later versions by then.
 */
export function createRelay(options: RelayOptions, send: Send, resting: Resting = () => []): Relay {
  return {
    publishOnce: async (producers = options.producers) => {
      let published = 0
      for (const producer of producers) published += await publishFrom(options, producer, send, resting(producer))
      return published
    },
    release: async () => {
      for (const producer of options.producers) await options.db.rows(sql`delete from ${raw(`"${producer}"`)}.outbox_leases where holder = ${options.holder}`)
    },
  }
}

type OutboxRow = Envelope & { id: number }

async function publishFrom(options: RelayOptions, producer: string, send: Send, resting: string[]): Promise<number> {
  const { db } = options
  const waiting = await db.rows<{ slot: number }>(sql`select distinct slot from ${raw(`"${producer}"`)}.outbox`)
  if (waiting.length === 0) return 0
  const slots = await lease(options, producer, waiting.map((row) => row.slot))
  const rows = await db.rows<OutboxRow>(sql`
    select id, key, version, name, data, occurred_at as "occurredAt" from ${raw(`"${producer}"`)}.outbox
    where slot = any(${slots}::int[]) and key <> all(${resting}::text[]) order by id limit ${relayBatchMax}`)
  if (rows.length === 0) return 0
  const failed = await send(rows.map((row) => ({ ...row, producer })))
  options.step?.('publish', producer)
  const done = rows.filter((row) => !failed.has(row.key)).map((row) => row.id)
  await db.rows(sql`
    delete from ${raw(`"${producer}"`)}.outbox where slot = any(${slots}::int[]) and id = any(${done}::bigint[])`)
  return done.length
}

async function lease({ db, now, holder }: RelayOptions, producer: string, slots: number[]): Promise<number[]> {
  const rows = await db.rows<{ slot: number }>(sql`
    insert into ${raw(`"${producer}"`)}.outbox_leases as l (slot, holder, until)
    select slot, ${holder}, ${at(now() + leaseMs)} from unnest(${slots.sort((a, b) => a - b)}::int[]) as s(slot)
    where slot < ${outboxSlots} order by slot
    on conflict (slot) do update set holder = excluded.holder, until = excluded.until
      where l.holder = excluded.holder or l.until < ${at(now() - takeoverGraceMs)}
    returning slot`)
  return rows.map((row) => row.slot)
}
