import { seeded } from '../crowd/random.ts'
import { watchLine } from '../crowd/watch.ts'

/** A child of the rush: watches a line with many connections and tells its parent what it saw. */
const [url = '', showId = '', streams = '0', pollers = '0', ranks = '1', seed = '1'] = process.argv.slice(2)
const watching = await watchLine({ url, showId, streams: Number(streams), pollers: Number(pollers), ranks: Number(ranks), random: seeded(Number(seed)) })
process.send?.('open')
process.once('message', () => {
  process.send?.(watching.stop(), () => process.exit(0))
})
process.once('disconnect', () => process.exit(1))
