/**
 * What a line tells everybody once a second: one signed document of at most 512 bytes, the same for every waiter. Ranks
 * are places in the order of the line (the number, unless the line was drawn). Frames of a line are ordered by `epoch`,
 * then `at`; an older one is ignored. What is absent is unknown, or does not apply in this phase.
 */
export type LineFrame = {
  windowId: string
  epoch: number
  /** when it was true, ISO 8601; also the order of frames within an epoch */
  at: string
  phase: 'announced' | 'lobby' | 'sealed' | 'open' | 'closed'
  opensAt?: string
  /** the highest number given */
  last: number
  /** nobody up to this rank waits any more */
  admittedThrough: number
  /** places called a second into slots that others left, lately; 0 while the line does not move */
  rate: number
  /** why it goes slower than the line is used to: `paused: …`, `slowed: …`, `returns` (only seats that come back are left) */
  reason?: string
  /** called or inside who hold nothing yet, about: they choose before everybody who waits */
  choosing?: number
  availability?: 'open' | 'all_held' | 'sold_out' | 'closed'
  /** seats that can be taken now, by grade in the order of GET /api/shows/:id */
  left?: number[]
  /** how many left the line before their turn, by stretches of ranks (`stretchesOf`); stretches not told are not zero but unknown */
  gone?: number[]
  message?: string
  /** reveals the draw: the size of the roster and the seed, base64url */
  draw?: [rosterCount: number, seed: string]
  /** Ed25519 over the document without this member, base64url */
  signature: string
}

export const frameBytesMax = 512
const firstStretch = 64

/**
 * The last rank of each stretch: 64 ranks after the admitted ones, then twice as many each time, the last one ends with
 * the line. Near the head, where somebody is about to be called, a position is nearly exact; far away it is right within
 * its stretch.
 */
export function stretchesOf(admittedThrough: number, last: number): number[] {
  const ends: number[] = []
  for (let width = firstStretch, end = admittedThrough; end < last; width *= 2) {
    end = Math.min(last, end + width)
    ends.push(end)
  }
  return ends
}

/** What is signed of a document: all of it but the signature, which stands last. */
export const signedTextOf = (document: string) => document.replace(/,"signature":"[\w-]*"}$/, '}')
