/** Public codes of a seat: 0 free, 1 held, 2 sold, 3 blocked. */
export const free = 0

/** Two bits a seat, the first in the lowest bits of the first byte. */
export function decodeStates(text: string, count: number): Uint8Array {
  const bytes = atob(text)
  const states = new Uint8Array(count)
  for (let i = 0; i < count; i++) states[i] = (bytes.charCodeAt(i >> 2) >> ((i & 3) * 2)) & 3
  return states
}

export function changesOf(before: Uint8Array, after: Uint8Array): number[] {
  const changes: number[] = []
  for (let i = 0; i < after.length; i++) if (before[i] !== after[i]) changes.push(i)
  return changes
}

export function freeCount(states: Uint8Array, first: number, last: number): number {
  let count = 0
  for (let i = first; i < last; i++) if (states[i] === free) count++
  return count
}

/** The longest run of free neighbours of a row. */
export function longestRun(states: Uint8Array, first: number, last: number): number {
  let longest = 0
  for (let i = first, run = 0; i < last; i++) {
    run = states[i] === free ? run + 1 : 0
    longest = Math.max(longest, run)
  }
  return longest
}

/** Seat ids by what they are now, from one version to another. */
export type SeatChanges = { from: number; free: number[]; held: number[]; sold: number[]; blocked: number[] }
const kinds = ['free', 'held', 'sold', 'blocked'] as const

/** The states after these changes, and which seats are another than before. */
export function applyChanges(before: Uint8Array, told: Partial<SeatChanges>): { states: Uint8Array; changes: number[] } {
  const states = before.slice()
  for (const [code, kind] of kinds.entries()) for (const id of told[kind] ?? []) states[id - 1] = code
  return { states, changes: changesOf(before, states) }
}
