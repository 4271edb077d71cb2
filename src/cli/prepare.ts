import { existsSync, mkdirSync } from 'node:fs'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { dumpTemplate, openEmbedded, templateFiles } from '../platform/embedded.ts'
import { migrate } from '../platform/migrate.ts'
import { serviceNames } from '../services.ts'

/** Runs at `npm ci`: builds the web app, and leaves a migrated, empty embedded database for first starts (a directory) and tests (a dump). */
await build({ configFile: fileURLToPath(new URL('../../web/vite.config.ts', import.meta.url)), logLevel: 'warn' })

const { directory, dump } = templateFiles()
if (!existsSync(directory) || !existsSync(dump)) {
  mkdirSync(dirname(directory), { recursive: true })
  const unfinished = await mkdtemp(`${directory}-`)
  const db = await openEmbedded(unfinished)
  await migrate(db, serviceNames.map((service) => ({ service, directory: new URL(`../${service}/migrations/`, import.meta.url) })))
  const copy = await dumpTemplate(db)
  await db.close()
  await writeFile(`${dump}.new`, Buffer.from(await copy.arrayBuffer()))
  await rename(`${dump}.new`, dump)
  await rm(directory, { recursive: true, force: true })
  await rename(join(unfinished, 'pg'), directory)
  await rm(unfinished, { recursive: true, force: true })
}
