import { setTimeout as wait } from 'node:timers/promises'
import { seeded } from '../crowd/random.ts'
import { auditAll, type Check, checkOf, drain, hashLines, type LineHash } from './audit.ts'
import { createChaosCrowd } from './crowd.ts'
import { type Happened, rage } from './nemesis.ts'
import type { Plant } from './plants.ts'
import { openChaosSystem } from './system.ts'
import { openTap } from './tap.ts'

export type ChaosOptions = {
  seconds: number
  seed: number
  replicas: number
  fansPerSecond: number
  /** kinds of faults; empty for all with their weights */
  faults: string[]
  plant?: Plant
  kafkaLib: string | undefined
  say: (line: string) => void
}
export type ChaosReport = {
  seed: number
  seconds: number
  replicas: number
  planted?: string
  faults: number
  faultsByKind: Record<string, number>
  timeline: Happened[]
  shows: number
  fans: number
  joined: number
  payments: number
  seatsPaid: number
  promises: { places: number; holds: number; payments: number }
  lost: { places: number; holds: number; payments: number }
  lines: { windowId: string; places: number; hash: string }[]
  endedPassesRefused: number
  events: number
  retries: number
  unknowns: number
  deaths: number
  healsWithoutProgress: number
  checks: Check[]
  sound: boolean
}

const roundSecondsMax = 30

/** Starts everything, breaks it for a while under a crowd, heals it and holds it to every promise. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { seconds, seed, say, faults, fansPerSecond } = options
  say('starting PostgreSQL, Redis, Kafka and the services')
  const system = await openChaosSystem({ replicas: options.replicas, kafkaLib: options.kafkaLib, environment: {}, plant: options.plant, say })
  const tap = openTap(system.engines.kafka.url)
  // what happens is drawn apart from what people do: the same seed breaks the same things
  const crowd = createChaosCrowd({ url: system.services.url, random: seeded(seed ^ 0x5eed), fansPerSecond, roundSeconds: Math.min(roundSecondsMax, seconds), say })
  try {
    const coming = new AbortController()
    const crowding = crowd.run(coming.signal)
    const hashes: LineHash[] = []
    await untilFirstPurchase(crowd, say)
    const { happened, stalls } = await rage({
      world: { system, crowd, tap, random: seeded(seed) }, until: performance.now() + seconds * 1_000, kinds: faults, say,
      onHealed: async () => void hashes.push(...(await hashLines(system))),
    })
    coming.abort()
    say('letting everybody finish')
    await Promise.all([crowd.end(), crowding])
    const left = await drain(system)
    await untilHeard(tap)
    const checks = [checkOf('inflicted', happened.filter(({ failed }) => failed)), ...(await auditAll({ system, crowd, tap, hashes, left }))]
    if (stalls.length > 0) checks.push({ name: 'progress', count: stalls.length, found: stalls })
    return reportOf(options, { crowd, happened, checks, events: tap.count(), deaths: system.deaths.length, stalls: stalls.length, hashes: await hashLines(system) })
  } finally {
    await crowd.close()
    await tap.close()
    await system.close()
  }
}

const firstPurchaseMs = 120_000

/** A system that sells nothing while it is whole is not worth breaking; the audit says so. */
async function untilFirstPurchase(crowd: ReturnType<typeof createChaosCrowd>, say: (line: string) => void) {
  for (const startedAt = performance.now(); crowd.paidCount() === 0 && performance.now() - startedAt < firstPurchaseMs; await wait(100));
  if (crowd.paidCount() === 0) {
    crowd.notOpened.push('nobody bought before anything was broken')
    say('nobody bought before anything was broken')
  }
}

const quietMs = 2_000
const heardMs = 60_000

/** Until the tap has read nothing new for a while. A system that never comes to rest is audited as it is. */
async function untilHeard(tap: ReturnType<typeof openTap>) {
  const endAt = performance.now() + heardMs
  for (let before = -1; before !== tap.count() && performance.now() < endAt; await wait(quietMs)) before = tap.count()
}

type Outcome = { crowd: ReturnType<typeof createChaosCrowd>; happened: Happened[]; checks: Check[]; events: number; deaths: number; stalls: number; hashes: LineHash[] }

function reportOf({ seed, seconds, replicas, plant }: ChaosOptions, { crowd, happened, checks, events, deaths, stalls, hashes }: Outcome): ChaosReport {
  const { rounds } = crowd
  const inflicted = happened.filter(({ failed }) => !failed)
  const sum = (of: (round: (typeof rounds)[number]) => number) => rounds.reduce((total, round) => total + of(round), 0)
  const toldCount = (kind: string) => sum(({ told }) => told.filter((each) => each.kind === kind).length)
  const countOf = (name: string) => checks.find((check) => check.name === name)?.count ?? 0
  return {
    seed, seconds, replicas, ...(plant && { planted: plant.name }),
    faults: inflicted.length,
    faultsByKind: Object.fromEntries([...Map.groupBy(inflicted, ({ kind }) => kind)].map(([kind, each]) => [kind, each.length])),
    timeline: happened,
    shows: rounds.length, fans: sum(({ record }) => record.counts.arrived), joined: sum(({ record }) => record.counts.joined),
    payments: crowd.paidCount(), seatsPaid: sum(({ record }) => record.counts.paidSeats),
    promises: { places: toldCount('place'), holds: toldCount('hold'), payments: toldCount('payment') },
    lost: {
      places: countOf('places') + sum(({ record }) => record.lost.places),
      holds: countOf('holds') + sum(({ record }) => record.lost.holds),
      payments: countOf('payments') + sum(({ record }) => record.lost.payments),
    },
    lines: hashes.map(({ windowId, last, hash }) => ({ windowId, places: last, hash: hash.slice(0, 16) })),
    endedPassesRefused: sum(({ endedPasses }) => endedPasses.refused),
    events, ...crowd.counts, deaths, healsWithoutProgress: stalls,
    checks, sound: checks.every(({ count }) => count === 0),
  }
}
