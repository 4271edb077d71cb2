import { createHash } from 'node:crypto'

/** A line of the public record of a show: a header a line, then its joins by number, then everything that happened by id. */
export type RecordLine = Record<string, unknown> & { kind: 'line' | 'join' | 'place' | 'gate' }
export type ChainedLine = RecordLine & { hash: string }

/** What a chain begins with; headers stand alone, joins of each line are a chain, events of the show are one. */
export const chainStart = '0'.repeat(64)

/** Each line's hash is over the one before and the line as JSON: what was published once cannot be changed unseen. */
export const chained = (previous: string, line: RecordLine): ChainedLine =>
  ({ ...line, hash: createHash('sha256').update(`${previous}\n${JSON.stringify(line)}`).digest('hex') })
