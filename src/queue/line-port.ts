import type { LineCopy, Mark, News } from './line-copy.ts'

/**
 * Which line, and in which order its copy has to be: a copy in another order (from before the draw) is no copy of it.
 * `epoch` is the line's: of two who replace a copy the newer one wins.
 */
export type LineRef = { showId: string; windowId: string; orderKey: string; epoch: number }

/**
 * Where copies of lines are kept. A copy is never the truth: it only counts, of what it was told, and whoever asks tells
 * first what is new in the log. Anything may be lost at any time; then there is no copy until it is replaced.
 */
export type LinePort = {
  readonly keptIn: 'memory' | 'redis'
  /** How far the copy is; undefined without one. Throws when it cannot be reached. */
  markOf(line: LineRef): Promise<Mark | undefined>
  /** Takes the news and counts who waits before each of these ranks (ascending); undefined when the news does not fit the copy: ask for its mark again. */
  ahead(line: LineRef, news: News, ranks: number[]): Promise<number[] | undefined>
  /** Puts this copy in the place of one in another order, or of none; false when somebody else did so meanwhile. */
  replace(line: LineRef, copy: LineCopy): Promise<boolean>
  /** The whole copy, for comparing; undefined without one, or when it changed while it was read. */
  read(line: LineRef): Promise<LineCopy | undefined>
}
