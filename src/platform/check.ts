import type { Sql } from 'sql-template-tag'
import type { Reader } from './database.ts'

/** An invariant as a query: every row it returns is a violation. `id` is the invariant's number, e.g. `I4`. */
export type Check = { id: string; name: string; query: (now: number) => Sql }
/** One that no statement can tell: it reads its own schema, computes, and answers what is wrong. */
export type ComputedCheck = { id: string; name: string; compute: (db: Reader, now: number) => Promise<unknown[]> }
