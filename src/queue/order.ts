/**
 * The order of a line: who of the lobby's roster comes when, after the draw. Numbers 1…rosterCount are the roster, in
 * the order they came to the lobby; the draw permutes them, and whoever joins later follows by number. The permutation is
 * a balanced Feistel network with SHA-256 as round function, walked until it falls back into the roster (Black and Rogaway,
 * "Ciphers with Arbitrary Finite Domains", 2002): anybody who has the seed computes any single rank with a few hashes,
 * in a browser too, and nobody stores a million of them.
 */
export type Order = {
  /** the rank of a number: how many come before it, plus one */
  rankOf(number: number): number
  numberOf(rank: number): number
  /** numbers of the ranks from…through, both included, in order */
  numbersBetween(from: number, through: number): number[]
}
export type Hash = (bytes: Uint8Array) => Uint8Array

const rounds = 10
/** 4 bits a half: fewer would leave permutations of small rosters out of reach */
const halfBitsMin = 4

/** The order before a draw, and of a line that had no lobby. */
export const arrivalOrder: Order = {
  rankOf: (number) => number,
  numberOf: (rank) => rank,
  numbersBetween: between((rank) => rank),
}

/** The order drawn from `seed` over a roster of `rosterCount` places. Pure: the same on every machine and in a browser. */
export function drawnOrder({ rosterCount, seed, hash }: { rosterCount: number; seed: Uint8Array; hash: Hash }): Order {
  const permute = feistel(rosterCount, seed, hash)
  const walked = (start: number, forward: boolean) => {
    let value = permute(start, forward)
    while (value >= rosterCount) value = permute(value, forward)
    return value
  }
  const inRoster = (place: number) => place >= 1 && place <= rosterCount
  const numberOf = (rank: number) => (inRoster(rank) ? walked(rank - 1, false) + 1 : rank)
  return {
    rankOf: (number) => (inRoster(number) ? walked(number - 1, true) + 1 : number),
    numberOf,
    numbersBetween: between(numberOf),
  }
}

function between(numberOf: (rank: number) => number) {
  return (from: number, through: number) => Array.from({ length: Math.max(0, through - from + 1) }, (_, index) => numberOf(from + index))
}

/** A permutation of 0…4^k - 1, the smallest such range that holds the roster; round keys are hashed when first needed. */
function feistel(count: number, seed: Uint8Array, hash: Hash): (value: number, forward: boolean) => number {
  let halfBits = halfBitsMin
  while (4 ** halfBits < count) halfBits++
  const size = 2 ** halfBits
  const known = Array.from({ length: rounds }, () => new Int32Array(size).fill(-1))
  const input = new Uint8Array(seed.length + 5)
  input.set(seed)
  const view = new DataView(input.buffer)
  const mix = (round: number, half: number): number => {
    const table = known[round] as Int32Array
    if (table[half] === -1) {
      view.setUint8(seed.length, round)
      view.setUint32(seed.length + 1, half)
      const digest = hash(input)
      table[half] = new DataView(digest.buffer, digest.byteOffset).getUint32(0) & (size - 1)
    }
    return table[half] as number
  }
  return (value, forward) => {
    let left = value >>> halfBits
    let right = value & (size - 1)
    for (let step = 0; step < rounds; step++) {
      if (forward) [left, right] = [right, left ^ mix(step, right)]
      else [left, right] = [right ^ mix(rounds - 1 - step, left), left]
    }
    return left * size + right
  }
}
