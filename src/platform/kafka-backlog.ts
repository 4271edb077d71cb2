import type { Envelope } from './events.ts'

/** Where a group goes on reading: everything before `offset` has been applied, parked or is nobody's. */
export type Offset = { topic: string; partition: number; offset: bigint; leaderEpoch: number }
type Arrived = { topic: string; partition: number; offset: bigint; leaderEpoch: number }
type Entry = Arrived & { event: Envelope }

const nameOf = ({ producer, key }: Envelope) => `${producer} ${key}`
const placeOf = ({ topic, partition }: Arrived) => `${topic}/${partition}`

/**
 * What one listener has read and not yet settled. Keys that failed are held back with their later events, so that the
 * rest of their partition goes on; a partition's offset is committed up to the first event held.
 */
export function createBacklog() {
  let fresh: Entry[] = []
  const held = new Map<string, Entry[]>()
  const ends = new Map<string, Offset>()
  const committed = new Map<string, bigint>()

  return {
    heldCount: () => held.size,
    /** an event, or what is no event of ours, in the order of its partition */
    add({ topic, partition, offset, leaderEpoch }: Arrived, event: Envelope | undefined) {
      const entry = { topic, partition, offset, leaderEpoch }
      const end = ends.get(placeOf(entry))
      if (!end || end.offset <= offset) ends.set(placeOf(entry), { ...entry, offset: offset + 1n })
      if (!event) return
      const behind = held.get(nameOf(event))
      if (behind) behind.push({ ...entry, event })
      else fresh.push({ ...entry, event })
    },
    /** Gives what is to be applied now, by producer; with `retry` also what was held back. */
    take(retry: boolean): Entry[][] {
      const due = retry ? [...held.values()].flat().concat(fresh) : fresh
      if (retry) held.clear()
      fresh = []
      return [...Map.groupBy(due, ({ event }) => event.producer).values()]
    },
    /** Takes back the events of the keys that failed. */
    hold(entries: Entry[], keys: Iterable<string>) {
      const failed = new Set(keys)
      for (const entry of entries) {
        if (!failed.has(entry.event.key)) continue
        const name = nameOf(entry.event)
        held.set(name, [...(held.get(name) ?? []), entry])
      }
    },
    /** The offsets that have moved since they were committed. */
    offsets(): Offset[] {
      const firsts = new Map<string, bigint>()
      for (const entry of [...held.values()].flat()) {
        const first = firsts.get(placeOf(entry))
        if (first === undefined || entry.offset < first) firsts.set(placeOf(entry), entry.offset)
      }
      return [...ends.values()]
        .map((end) => ({ ...end, offset: firsts.get(placeOf(end)) ?? end.offset }))
        .filter((end) => end.offset > (committed.get(placeOf(end)) ?? -1n))
    },
    committed(offsets: Offset[]) {
      for (const each of offsets) committed.set(placeOf(each), each.offset)
    },
  }
}
