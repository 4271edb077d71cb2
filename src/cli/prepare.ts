import { mkdir, rename, writeFile } from 'node:fs/promises'
import { dumpTemplate, openEmbedded, templateFile } from '../platform/embedded.ts'

/** Runs at `npm ci`: leaves an empty embedded database for first starts and tests. Without it they only take longer. */
const db = await openEmbedded(null)
const template = await dumpTemplate(db)
await db.close()
await mkdir(new URL('.', templateFile), { recursive: true })
const unfinished = new URL(`${templateFile.href}.new`)
await writeFile(unfinished, Buffer.from(await template.arrayBuffer()))
await rename(unfinished, templateFile)
