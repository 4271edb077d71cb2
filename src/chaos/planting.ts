import { registerHooks } from 'node:module'
import { plantNamed } from './plants.ts'

/**
 * Given to a process with `--import`: plants the bug that CHAOS_PLANT names into the sources as they are loaded. A
 * process that is not started this way knows nothing of it.
 */
const plant = plantNamed(process.env.CHAOS_PLANT ?? '')
if (!plant) throw new Error(`CHAOS_PLANT=${process.env.CHAOS_PLANT} is no bug we know`)
const root = new URL('../../', import.meta.url)
const changes = Map.groupBy(plant.changes, ({ file }) => new URL(file, root).href)

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    const mine = changes.get(url)
    if (!mine) return loaded
    let text = String(loaded.source)
    for (const { file, find, put } of mine) {
      if (text.split(find).length !== 2) throw new Error(`${plant.name} cannot be planted: ${file} does not have once: ${find}`)
      text = text.replace(find, () => put)
    }
    return { ...loaded, source: text }
  },
})
