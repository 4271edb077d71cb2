import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { type Database, openPostgres } from './database.ts'
import { openEmbedded } from './embedded.ts'
import { migrate } from './migrate.ts'

/** The engine tests run on: PostgreSQL when TEST_DATABASE_URL names a server, else PGlite in memory. */
export const testDatabaseUrl = process.env.TEST_DATABASE_URL

/** Brokers that may be given topics, host:port by comma; without them what needs Kafka is skipped. */
export const testKafkaBrokers = process.env.TEST_KAFKA_BROKERS?.split(',')

/** A fresh database with the schemas of these services. Close it at the end; a PostgreSQL one is dropped then. */
export async function openTestDatabase(services: string[]): Promise<Database> {
  const db = testDatabaseUrl ? await openFreshPostgres(testDatabaseUrl) : await openEmbedded(null)
  await migrate(db, services.map((service) => ({ service, directory: new URL(`../${service}/migrations/`, import.meta.url) })))
  return db
}

/** Creates an empty database on the server; returns its URL and how to drop it. */
export async function createPostgresDatabase(serverUrl: string): Promise<{ url: string; drop: () => Promise<void> }> {
  const name = `openrun_test_${randomUUID().replaceAll('-', '')}`
  const run = async (statement: string) => {
    const client = new pg.Client(serverUrl)
    await client.connect()
    await client.query(statement).finally(() => client.end())
  }
  await run(`create database ${name}`)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => run(`drop database if exists ${name} with (force)`) }
}

async function openFreshPostgres(serverUrl: string): Promise<Database> {
  const { url, drop } = await createPostgresDatabase(serverUrl)
  const db = openPostgres(url)
  const close = async () => {
    await db.close()
    await drop()
  }
  return { ...db, close }
}
