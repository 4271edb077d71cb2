import { randomUUID } from 'node:crypto'
import pg from 'pg'
import sql, { raw } from 'sql-template-tag'
import { type Database, openPostgres, type Reader } from './database.ts'
import { openEmbedded } from './embedded.ts'
import { migrate } from './migrate.ts'

/** The engine tests run on: PostgreSQL when TEST_DATABASE_URL names a server, else PGlite in memory. */
export const testDatabaseUrl = process.env.TEST_DATABASE_URL
/** The Redis and the Cluster that tests may use, where they are named. */
export const testRedises = Object.entries({ Redis: 'TEST_REDIS_URL', 'Redis Cluster': 'TEST_REDIS_CLUSTER' }).map(([engine, variable]) => ({ engine, variable, url: process.env[variable] }))

/** Brokers that may be given topics, host:port by comma; without them what needs Kafka is skipped. */
export const testKafkaBrokers = process.env.TEST_KAFKA_BROKERS?.split(',')

/** A database of that server with the schema of every service, where there is one: a copy takes 0.2 s, their migrations 0.5 s. */
const template = process.env.TEST_DATABASE_TEMPLATE
/** so few are migrated as fast as all are copied */
const fewServices = 2

/**
 * A fresh database with the schemas of these services, and perhaps of others; none are named by who brings them up to
 * date himself. Close it at the end; a PostgreSQL one is dropped then.
 */
export async function openTestDatabase(services: string[]): Promise<Database> {
  const isFew = services.length > 0 && services.length <= fewServices
  const db = testDatabaseUrl ? await openFreshPostgres(testDatabaseUrl, isFew ? undefined : template) : await openEmbedded(null)
  await migrateAll(db, services)
  return db
}

/** An empty database that has every service's schema, to be named by TEST_DATABASE_TEMPLATE; nobody may be connected to it. */
export async function createTemplate(serverUrl: string, services: readonly string[]): Promise<{ name: string; drop: () => Promise<void> }> {
  const { url, drop } = await createPostgresDatabase(serverUrl)
  const db = openPostgres(url)
  await migrateAll(db, services).finally(() => db.close()).catch((error: unknown) => drop().then(() => Promise.reject(error)))
  return { name: new URL(url).pathname.slice(1), drop }
}

const migrateAll = (db: Database, services: readonly string[]) =>
  migrate(db, services.map((service) => ({ service, directory: new URL(`../${service}/migrations/`, import.meta.url) })))

/** Creates a database on the server, empty or a copy of a template; returns its URL and how to drop it. */
export async function createPostgresDatabase(serverUrl: string, copied?: string): Promise<{ url: string; drop: () => Promise<void> }> {
  const name = `openrun_test_${randomUUID().replaceAll('-', '')}`
  const run = async (statement: string) => {
    const client = new pg.Client(serverUrl)
    await client.connect()
    await client.query(statement).finally(() => client.end())
  }
  await run(`create database ${name} ${copied ? `template ${copied}` : ''}`)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => run(`drop database if exists ${name} with (force)`) }
}

async function openFreshPostgres(serverUrl: string, copied?: string): Promise<Database> {
  const { url, drop } = await createPostgresDatabase(serverUrl, copied)
  const db = openPostgres(url)
  const close = async () => {
    await db.close()
    await drop()
  }
  return { ...db, close }
}

/**
 * The plans, as text, that a long-lived connection makes once for any values: of every statement that `ask` runs, which
 * is told that its answer is `rows`.
 */
export async function genericPlansOf(db: Database, ask: (reader: Reader) => Promise<unknown>, rows: unknown[] = []): Promise<string> {
  const steps: string[] = []
  const explaining: Reader = {
    rows: (query) => db.transaction(async (tx) => {
      await tx.rows(sql`set local plan_cache_mode = force_generic_plan`)
      await tx.rows(raw(`prepare looked_at as ${query.text}`) as never)
      const plan = await tx.rows<Record<string, string>>(raw(`explain execute looked_at(${query.values.map(() => 'null').join(',')})`) as never)
      await tx.rows(raw('deallocate looked_at') as never)
      steps.push(...plan.map((row) => Object.values(row)[0] ?? ''))
      return rows as never
    }),
  }
  await ask(explaining)
  return steps.join('\n')
}

type PlanNode = { 'Relation Name'?: string; 'Actual Rows': number; 'Actual Loops': number; Plans?: PlanNode[] } & Record<string, unknown>

/** How many rows of a table the statements that `ask` runs read, those they threw away included. They are run. */
export async function rowsReadOf(db: Database, table: string, ask: (reader: Reader) => Promise<unknown>): Promise<number> {
  let read = 0
  const explaining: Reader = {
    rows: async (query) => {
      const [row] = await db.rows<Record<string, [{ Plan: PlanNode }]>>(sql`explain (analyze, timing off, format json) ${query}`)
      for (const { Plan } of Object.values(row ?? {})[0] ?? []) read += rowsOf(Plan, table)
      return []
    },
  }
  await ask(explaining)
  return read
}

function rowsOf(node: PlanNode, table: string): number {
  const below = (node.Plans ?? []).reduce((sum, plan) => sum + rowsOf(plan, table), 0)
  if (node['Relation Name'] !== table || !String(node['Node Type']).includes('Scan')) return below
  const thrownAway = Number(node['Rows Removed by Filter'] ?? 0) + Number(node['Rows Removed by Index Recheck'] ?? 0)
  return below + (node['Actual Rows'] + thrownAway) * node['Actual Loops']
}
