/** Something counted: the same key within one drain is one record. */
export type Counted<T> = T & { count: number; firstAt: number; lastAt: number }
export type Tally<T> = { note: (key: string, what: T, at: number) => void; drain: () => Counted<T>[]; giveBack: (records: Counted<T>[]) => void }

/**
 * Counts what would be too much to write each by itself. Holds `keysMax` records between two drains; what is new beyond
 * that is counted under `restOf`, of which as many are held. A flood that makes up even those, as one with invented ids, is
 * not counted further: it costs memory and writes of its bound.
 */
export function createTally<T>({ keysMax, restOf }: { keysMax: number; restOf: (what: T) => { key: string; what: T } }): Tally<T> {
  let records = new Map<string, Counted<T>>()
  const add = (key: string, what: T, { count, firstAt, lastAt }: Counted<object>) => {
    const known = records.get(key)
    if (known) Object.assign(known, { count: known.count + count, firstAt: Math.min(known.firstAt, firstAt), lastAt: Math.max(known.lastAt, lastAt) })
    else records.set(key, { ...what, count, firstAt, lastAt })
  }
  const bounded = (key: string, what: T, counted: Counted<object>) => {
    if (records.has(key) || records.size < keysMax) return add(key, what, counted)
    const rest = restOf(what)
    if (records.has(rest.key) || records.size < 2 * keysMax) add(rest.key, rest.what, counted)
  }
  return {
    note: (key, what, at) => bounded(key, what, { count: 1, firstAt: at, lastAt: at }),
    drain: () => {
      const drained = [...records.values()]
      records = new Map()
      return drained
    },
    // what could not be written is written with the next
    giveBack: (back) => {
      for (const record of back) bounded(JSON.stringify({ ...record, count: 0, firstAt: 0, lastAt: 0 }), record, record)
    },
  }
}
