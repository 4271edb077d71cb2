import { createHash } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import type { Order } from './order.ts'

/** How far a copy knows the log of its line: places up to a number, events up to an id. */
export type Mark = { last: number; eventId: number }
/**
 * What happened in a line between two marks. `users` are the ids of numbers from.last + 1 … to.last, 16 bytes each;
 * `gone` are ranks that stopped waiting. Whatever of it a copy knows already changes nothing.
 */
export type News = { from: Mark; to: Mark; users: Buffer; gone: number[] }

export type LineCopy = ReturnType<typeof createCopy>

/** bytes of a user's id */
export const userBytes = 16
const blockBits = 2_048
const blockBytes = blockBits / 8
const ones = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length)

/**
 * One line for arithmetic: who stands at each number, and one bit a rank for who waits no more, with counts by blocks of
 * 2,048 ranks in a Fenwick tree. A place takes up 16 bytes and a bit; a count looks at no more than a block and 20 sums.
 */
export function createCopy(placesMin = 1_024) {
  let users = Buffer.alloc(placesMin * userBytes)
  let bits = Buffer.alloc(bytesFor(placesMin))
  let sums = sumsOf(bits)
  const mark: Mark = { last: 0, eventId: 0 }

  const reserve = (rank: number) => {
    if (bytesFor(rank) <= bits.length) return
    bits = Buffer.concat([bits, Buffer.alloc(Math.max(bits.length, bytesFor(rank) - bits.length))])
    sums = sumsOf(bits)
  }
  const setGone = (rank: number) => {
    reserve(rank)
    const bit = 0x80 >> (rank & 7)
    const byte = bits[rank >> 3] as number
    if ((byte & bit) !== 0) return
    bits[rank >> 3] = byte | bit
    for (let i = Math.floor(rank / blockBits) + 1; i < sums.length; i += i & -i) sums[i] = (sums[i] as number) + 1
  }
  const goneBefore = (rank: number) => {
    const end = Math.min(rank, bits.length * 8)
    const block = Math.floor(end / blockBits)
    let count = 0
    for (let i = block; i > 0; i -= i & -i) count += sums[i] as number
    for (let i = block * blockBytes; i < end >> 3; i++) count += ones[bits[i] as number] as number
    return (end & 7) === 0 ? count : count + (ones[(bits[end >> 3] as number) & (0xff00 >> (end & 7))] as number)
  }

  return {
    mark,
    /** Takes what is new to it; false when it does not reach back to what this copy knows. */
    apply({ from, to, users: added, gone }: News): boolean {
      if (from.last > mark.last || from.eventId > mark.eventId) return false
      const end = to.last * userBytes
      if (end > users.length) users = Buffer.concat([users, Buffer.alloc(Math.max(users.length, end - users.length))])
      if (to.last > mark.last) added.copy(users, mark.last * userBytes, (mark.last - from.last) * userBytes)
      for (const rank of gone) setGone(rank)
      mark.last = Math.max(mark.last, to.last)
      mark.eventId = Math.max(mark.eventId, to.eventId)
      return true
    },
    /** how many wait before this rank */
    ahead: (rank: number) => rank - 1 - goneBefore(rank),
    isGone: (rank: number) => ((bits[rank >> 3] ?? 0) & (0x80 >> (rank & 7))) !== 0,
    userAt: (number: number) => users.subarray((number - 1) * userBytes, number * userBytes),
    /** ids by number, and bits by rank, the first of a byte being its highest; both as long as `mark.last` says */
    bytes: () => {
      reserve(mark.last)
      return { users: users.subarray(0, mark.last * userBytes), gone: bits.subarray(0, bytesUpTo(mark.last)) }
    },
    size: () => users.length + bits.length,
  }
}

/** Bytes that hold the bits of ranks 0…rank. */
export const bytesUpTo = (rank: number) => (rank >> 3) + 1
const bytesFor = (ranks: number) => Math.ceil((ranks + 1) / blockBits) * blockBytes

/** Fenwick tree of the set bits in each block; index 0 is unused. */
function sumsOf(bits: Buffer): Int32Array {
  const sums = new Int32Array(bits.length / blockBytes + 1)
  for (let i = 0; i < bits.length; i++) {
    const block = Math.floor(i / blockBytes) + 1
    sums[block] = (sums[block] as number) + (ones[bits[i] as number] as number)
  }
  for (let i = 1; i < sums.length; i++) {
    const parent = i + (i & -i)
    if (parent < sums.length) sums[parent] = (sums[parent] as number) + (sums[i] as number)
  }
  return sums
}

const hashedAtOnce = 32_768

/**
 * SHA-256 over who waits, in their order: number (4 bytes, big-endian) and user (16 bytes) of each. Two copies of a line
 * with one hash have the same places in the same order. Answers also how many wait.
 */
export async function orderHash(copy: Pick<LineCopy, 'mark' | 'isGone' | 'userAt'>, order: Order): Promise<{ hash: string; waiting: number }> {
  const hash = createHash('sha256')
  const { last } = copy.mark
  const chunk = Buffer.alloc(hashedAtOnce * (4 + userBytes))
  let waiting = 0
  for (let rank = 1; rank <= last; rank += hashedAtOnce) {
    let end = 0
    for (const [index, number] of order.numbersBetween(rank, Math.min(last, rank + hashedAtOnce - 1)).entries()) {
      if (copy.isGone(rank + index)) continue
      end = chunk.writeUInt32BE(number, end)
      end += copy.userAt(number).copy(chunk, end)
      waiting++
    }
    hash.update(chunk.subarray(0, end))
    await turn() // a million places are not hashed in one go
  }
  return { hash: hash.digest('hex'), waiting }
}
