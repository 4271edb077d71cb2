import type { Sql } from 'sql-template-tag'

/** An invariant as a query: every row it returns is a violation. `id` is the invariant's number, e.g. `I4`. */
export type Check = { id: string; name: string; query: (now: number) => Sql }
