import type { Sql } from 'sql-template-tag'
import type { Reader } from './database.ts'

/** An invariant as a query: every row it returns is a violation. `id` is the invariant's number, e.g. `I4`. */
export type Check = { id: string; name: string; query: (now: number) => Sql }

/** An invariant between two services: reads what each exports and compares here, for no statement joins two schemas. */
export type CrossCheck = { id: string; name: string; compare: (db: Reader, now: number) => Promise<unknown[]> }
