import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sql, { raw } from 'sql-template-tag'
import type { Database, Tx } from './database.ts'

/** Where one service's numbered SQL files are. The service's name is its schema. */
export type Migrations = { service: string; directory: URL | string }

type Step = { name: string; path: string }

const stepName = /^\d{3}-.+\.sql$/
/** The outbox, inbox and parked messages that every service has. */
const messaging = new URL('./migrations/', import.meta.url)
const serviceName = /^[a-z][a-z0-9_]*$/

/**
 * Brings every service's schema up to date. Each file is applied once, in its own transaction, with the service's
 * schema as search path; processes that start at once wait for each other. Throws, changing nothing of that service,
 * when the database knows a file that this code does not: an older release must not run on a newer schema.
 */
export async function migrate(db: Database, migrations: Migrations[]): Promise<void> {
  for (const { service, directory } of migrations) {
    if (!serviceName.test(service)) throw new Error(`service name ${service} cannot be a schema`)
    const steps = [...(await stepsIn(messaging)), ...(await stepsIn(directory))]
    const applied = await db.transaction(async (tx) => {
      await lock(tx, service)
      await tx.script(`
        create schema if not exists "${service}";
        create table if not exists "${service}".migrations (
          name text primary key,
          applied_at timestamptz not null default clock_timestamp()
        )`)
      return appliedIn(tx, service)
    })
    const unknown = [...applied].filter((name) => !steps.some((step) => step.name === name))
    if (unknown.length > 0) throw new Error(`database has unknown migrations of ${service}: ${unknown.join(', ')}`)
    for (const step of steps) if (!applied.has(step.name)) await apply(db, service, step)
  }
}

async function stepsIn(directory: URL | string): Promise<Step[]> {
  const folder = typeof directory === 'string' ? directory : fileURLToPath(directory)
  const files = (await readdir(folder)).filter((file) => stepName.test(file)).sort()
  return files.map((file) => ({ name: file.slice(0, -'.sql'.length), path: join(folder, file) }))
}

async function apply(db: Database, service: string, step: Step) {
  const text = await readFile(step.path, 'utf8')
  await db.transaction(async (tx) => {
    await lock(tx, service)
    if ((await appliedIn(tx, service)).has(step.name)) return
    await tx.script(`set local search_path to "${service}"`)
    await tx.script(text)
    await tx.rows(sql`insert into ${raw(`"${service}"`)}.migrations (name) values (${step.name})`)
  }).catch((error: unknown) => {
    throw new Error(`migration ${service}/${step.name} failed`, { cause: error })
  })
}

async function lock(tx: Tx, service: string) {
  await tx.script(`
    set local statement_timeout = 0;
    select pg_advisory_xact_lock(hashtextextended('openrun migrate ${service}', 0))`)
}

async function appliedIn(tx: Tx, service: string): Promise<Set<string>> {
  const rows = await tx.rows<{ name: string }>(sql`select name from ${raw(`"${service}"`)}.migrations`)
  return new Set(rows.map((row) => row.name))
}
