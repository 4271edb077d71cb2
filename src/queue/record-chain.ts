import { toHex } from './draw-rules.ts'
import type { Hash } from './order.ts'

/** A line of the public record of a show: a header a line, then its joins by number, then everything that happened by id. */
export type RecordLine = Record<string, unknown> & { kind: 'line' | 'join' | 'place' | 'gate' }
export type ChainedLine = RecordLine & { hash: string }

/** What a chain begins with; headers stand alone, joins of each line are a chain, events of the show are one. */
export const chainStart = '0'.repeat(64)
const encoder = new TextEncoder()

/**
 * Each line's hash is over the one before and the line as JSON: what was published once cannot be changed unseen. Without
 * imports of this machine, like draw-rules.ts: a browser does it with its own SHA-256.
 */
export const chained = (hash: Hash, previous: string, line: RecordLine): ChainedLine =>
  ({ ...line, hash: toHex(hash(encoder.encode(`${previous}\n${JSON.stringify(line)}`))) })
