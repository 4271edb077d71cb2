import { AsyncLocalStorage } from 'node:async_hooks'
import { createHash } from 'node:crypto'
import pg from 'pg'
import type { Sql } from 'sql-template-tag'
import { withoutDeadline } from './deadline.ts'
import { UnknownOutcome } from './outcome.ts'

/** Runs one statement. Inside a transaction this is the transaction's; on a database it commits by itself. */
export type Reader = { rows<T>(query: Sql): Promise<T[]> }

export type Tx = Reader & {
  readonly inTransaction: true
  /** Runs after a successful commit, outside the transaction; for wake-ups, never for effects that must happen. */
  afterCommit(act: () => void): void
  /** Several statements at once without values and without the statement timeout; for migrations. */
  script(text: string): Promise<void>
}

export type Database = Reader & {
  readonly engine: 'pglite' | 'postgres'
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  stats(): { total: number; idle: number; waiting: number }
  close(): Promise<void>
}

/**
 * `onLost` hears of connections lost while nobody used them. `idleInTransactionMs`: a process that stands still with a
 * transaction open keeps its locks from everybody for so long.
 */
export type PostgresOptions = { connectionsMax?: number; statementTimeoutMs?: number; idleInTransactionMs?: number; onLost?: (error: Error) => void }

type Scope = { open: boolean }
type Run = (query: pg.QueryConfig) => Promise<pg.QueryResult>

const namesMax = 2000
const names = new Map<string, string>()
const inside = new AsyncLocalStorage<Scope | undefined>()
// 0A000: a cached plan no longer fits after DDL; 26000, 42P05: client and server disagree about prepared names
const staleStates = new Set(['0A000', '26000', '42P05'])
const lostCodes = new Set(['ECONNRESET', 'ECONNREFUSED', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH'])
// class 08 and 57P: the connection, or the server that stops, starts or stands by; 53: no connection, memory or disk left;
// 25006: it only reads, for another one has taken over; 25P03, 25P04: it ended a session that stood still
const lostStates = /^(08|53|57P|25006|25P0[34])/
const lostMessages = /^(Connection terminated|Query read timeout|timeout expired|timeout exceeded when trying to connect|Client has encountered a connection)/

// how values come back from both engines: times are epoch milliseconds; money and times fit a double exactly
const asNumber = { numeric: 1700, int8: 20, timestamptz: 1184 }
const asNumbers = { numerics: 1231, int8s: 1016, timestamptzs: 1185 }
for (const oid of Object.values(asNumber)) parseAs(oid, (value) => Number(value))
for (const oid of Object.values(asNumbers)) parseAs(oid, (list) => (list as unknown[]).map((v) => v && Number(v)))
const [date, dates, texts] = [1082, 1182, 1009]
pg.types.setTypeParser(date, String)
pg.types.setTypeParser(dates, pg.types.getTypeParser(texts))

/** Whether what was read from JSON can be kept: PostgreSQL stores neither NUL nor lone surrogates, all that JSON.stringify escapes in this way. */
export const isStorable = (value: unknown): boolean => !/\\u(0000|d[89a-f])/i.test(JSON.stringify(value).replaceAll('\\\\', ''))

/** A point in time as a statement's value; times are epoch milliseconds everywhere else. */
export const at = (ms: number) => new Date(ms)

/** The five-character SQLSTATE when the database itself refused. */
export function sqlState(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined
}

/** True when the server or the way to it, not the statement, failed: whether a sent statement took effect is not known. */
export function isConnectionLost(error: unknown): boolean {
  const state = sqlState(error)
  if (state !== undefined) return lostStates.test(state)
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? String(error.code) : ''
  return lostCodes.has(code) || lostMessages.test(error.message)
}

/** Throws inside an open transaction: a remote call or a second connection there deadlocks or lies. */
export function refuseInTransaction(what: string): void {
  if (inside.getStore()?.open) throw new Error(`${what} used inside an open transaction`)
}

/** Runs `work` as if no transaction were open around it and nobody waited for it; for work that outlives its caller. */
export function outsideTransaction<T>(work: () => T): T {
  return inside.run(undefined, () => withoutDeadline(work))
}

/** Statements that are not waited for go out together; the types of `pg` do not know it yet. */
export const pipelined = { pipeline: true }

/** Opens a PostgreSQL server; connections are made when first needed. */
export function openPostgres(url: string, options: PostgresOptions = {}): Database {
  const { connectionsMax = 10, statementTimeoutMs = 30_000, idleInTransactionMs = 10_000, onLost } = options
  const timeouts = `statement_timeout=${statementTimeoutMs} -c idle_in_transaction_session_timeout=${idleInTransactionMs}`
  const pool = new pg.Pool({
    connectionString: url,
    options: `-c plan_cache_mode=force_generic_plan -c jit=off -c random_page_cost=1.1 -c TimeZone=UTC -c ${timeouts}`,
    max: connectionsMax,
    application_name: 'openrun',
    ...pipelined,
    // one that is opened anew starts without its prepared statements and their plans
    idleTimeoutMillis: 0,
    connectionTimeoutMillis: 10_000,
    // and a firewall that forgets who is silent must not leave us dead ones for the next on-sale
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    // the server's own timeout answers first; this one notices a server that vanished
    query_timeout: statementTimeoutMs + 5000,
  })
  return createDatabase(pool, 'postgres', onLost)
}

/** The one database over any `pg.Pool`, so that both engines behave the same. */
export function createDatabase(
  pool: pg.Pool,
  engine: Database['engine'],
  onLost: (error: Error) => void = () => undefined,
): Database {
  pool.on('error', (error) => onLost(error))
  // while a connection changes hands nobody listens to it; whoever uses it next is told that it is lost
  pool.on('connect', (client) => client.on('error', () => undefined))
  return {
    engine,
    async rows<T>(query: Sql) {
      refuseInTransaction(`database (${query.text.trim().slice(0, 60)})`)
      return (await lend(pool, (run) => run(statement(query)))).rows as T[]
    },
    async transaction<T>(work: (tx: Tx) => Promise<T>) {
      refuseInTransaction('transaction')
      return lend(pool, (run) => transact(run, work))
    },
    stats: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    close: () => pool.end(),
  }
}

/** Lends a connection: kept after an SQL error, destroyed after any other. */
async function lend<T>(pool: pg.Pool, use: (run: Run) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let broken: Error | undefined
  const onError = (error: Error) => {
    broken = error
  }
  client.on('error', onError)
  try {
    return await use((query) =>
      client.query(query).catch((error: Error) => {
        const state = sqlState(error)
        if (state === undefined || staleStates.has(state) || isConnectionLost(error)) broken = error
        throw error
      }),
    )
  } finally {
    client.off('error', onError)
    client.release(broken)
  }
}

async function transact<T>(run: Run, work: (tx: Tx) => Promise<T>): Promise<T> {
  const scope: Scope = { open: true }
  const after: (() => void)[] = []
  let last: Promise<unknown> = Promise.resolve()
  const queue = (query: pg.QueryConfig) => {
    if (!scope.open) throw new Error(`transaction already ended (${query.text.trim().slice(0, 60)})`)
    const result = run(query)
    last = result.catch(() => undefined)
    return result
  }
  const tx: Tx = {
    inTransaction: true,
    rows: async <T>(query: Sql) => (await queue(statement(query))).rows as T[],
    afterCommit: (act) => void after.push(act),
    async script(text) {
      await queue({ text, query_timeout: 2 ** 31 - 1 } as pg.QueryConfig)
    },
  }
  // sent together with the first statement: one round trip less while rows are locked
  const began = run({ text: 'begin' })
  began.catch(() => undefined) // the statement behind it fails in the same way
  let result: T
  try {
    result = await inside.run(scope, () => work(tx))
  } catch (error) {
    scope.open = false
    await last
    await run({ text: 'rollback' }).catch(() => undefined) // a connection that cannot roll back is destroyed
    throw error
  }
  scope.open = false
  await last
  await commit(run)
  outsideTransaction(() => {
    for (const act of after) act()
  })
  return result
}

async function commit(run: Run) {
  const { command } = await run({ text: 'commit' }).catch((error: unknown) => {
    if (sqlState(error) !== undefined && !isConnectionLost(error)) throw error
    throw new UnknownOutcome('the answer to commit was lost', { cause: error })
  })
  // PostgreSQL answers COMMIT with ROLLBACK when a statement failed and the work swallowed the error
  if (command !== 'COMMIT') throw new Error('transaction was rolled back: a failed statement was ignored')
}

/** Statements are prepared once per connection under a name made from their text. */
function statement({ text, values: given }: Sql): pg.QueryConfig {
  const values = given.map((value) => (Array.isArray(value) ? arrayText(value) : value))
  let name = names.get(text)
  if (name === undefined && names.size < namesMax) {
    name = createHash('sha256').update(text).digest('base64url').slice(0, 16)
    names.set(text, name)
  }
  return name === undefined ? { text, values } : { name, text, values }
}

const mustEscape = /["\\]/

/** What `pg` does for every element of an array is most of a batch's time; words without a quote in them need little of it. */
function arrayText(list: unknown[]): unknown {
  for (const item of list) {
    const isPlain = typeof item === 'string' ? !mustEscape.test(item) : typeof item === 'number' || typeof item === 'boolean' || item === null
    if (!isPlain) return list
  }
  return `{${list.map((item) => (typeof item === 'string' ? `"${item}"` : (item ?? 'null'))).join(',')}}`
}

function parseAs(oid: number, change: (value: unknown) => unknown) {
  const parse = pg.types.getTypeParser(oid)
  pg.types.setTypeParser(oid, (text: string) => change(parse(text)))
}
