import { setTimeout as wait } from 'node:timers/promises'
import { audit, linesOf } from '../cli/rush-report.ts'
import { createClient } from '../crowd/client.ts'
import type { Crowd } from '../crowd/ask.ts'
import { temperOf, visit } from '../crowd/fan.ts'
import { seeded } from '../crowd/random.ts'
import { createRecord } from '../crowd/record.ts'
import { createWalkers } from '../crowd/walkers.ts'
import type { CrowdJob, FromCrowd } from './messages.ts'

/** most come at once, the last ones when you have chosen your seats: there is a rush while you take part in it */
const arriveSeconds = 14
const deadlineMs = 40_000
/** whoever is at the stage may have as many: the crowd does not wait for them */
const ownMax = 4
const seed = 1

/** The crowd of the stage: a process that outlives the server and knows it only by its public address. */
process.once('message', (job: CrowdJob) => void run(job).then(() => process.exit(), (error: unknown) => {
  process.stderr.write(`${(error as Error).stack}\n`)
  process.exit(1)
}))
process.once('disconnect', () => process.exit())

async function run({ url, opsUrl, showId, tokens, seats }: CrowdJob): Promise<void> {
  const record = createRecord()
  const client = createClient(url, (what, code) => {
    if (what === 'unknown') record.counts.unknowns++
    if (code) record.refused(code)
    record.counts.retries++
  })
  const random = seeded(seed)
  const walkers = createWalkers({ client, showId, seats: seats - ownMax, record })
  const startedAt = performance.now()
  const crowd: Crowd = {
    client, showId, record, walkers, random, soldOut: false, streams: 0, deadlinesMove: true,
    thinkMs: (low, high) => low + random() * (high - low),
    deadline: () => performance.now() > startedAt + deadlineMs,
  }
  const tell = (change: Partial<FromCrowd> = {}) => {
    const { arrived, joined, entered, paidSeats, retries } = record.counts
    const refused = Object.values(record.refusals).reduce((sum, count) => sum + count, 0)
    const seen: FromCrowd = { isOver: false, arrived, joined, entered, paidSeats, retries, refused, lostRaces: record.refusals.seat_taken ?? 0, report: null, error: null, ...change }
    process.send?.(seen)
  }
  const progress = setInterval(tell, 500)
  let isOver = false
  const tidying = (async () => {
    for (; !isOver; await wait(1_000)) await walkers.tidyUp(Date.now())
  })()
  await Promise.all(tokens.map(async (token) => {
    const temper = temperOf(random)
    await wait(arriveSeconds * 1_000 * random() ** 3)
    await visit(crowd, token, temper)
  }))
  isOver = true
  await tidying
  clearInterval(progress)
  const saleSeconds = (performance.now() - startedAt) / 1_000
  const found = await audit({ url, opsUrls: [opsUrl], showId, fans: tokens.length, seats, client, record, walkedAway: walkers.counts, saleSeconds, kills: 0, isOwn: true, watched: undefined, say: () => undefined })
  await client.close()
  const lost = Object.values(found.lost).reduce((sum, count) => sum + count, 0)
  // somebody at the stage may have bought too, so the crowd's seats are some of those that were sold
  const sound = found.verified && found.soldTwice === 0 && found.unexpected === 0 && found.violations.length === 0 && lost === 0 && found.paid <= found.sold
  // the sheet has numbers; what they count is for who has to find out why
  if (!sound) for (const line of linesOf(found)) process.stderr.write(`${line}\n`)
  tell({ isOver: true, report: {
    sound, sold: found.sold, paidByCrowd: found.paid, soldTwice: found.soldTwice, unexpected: found.unexpected, lost, violations: found.violations.length, verified: found.verified, kills: 0,
    meanWaitSeconds: found.waitSeconds.mean, saleSeconds: found.saleSeconds, journeysPerSecond: found.journeysPerSecond, refusals: { ...record.refusals },
  } })
}
