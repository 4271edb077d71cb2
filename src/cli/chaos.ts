import { missingEngines } from '../chaos/engines.ts'
import { type Plant, plants } from '../chaos/plants.ts'
import { type ChaosOptions, type ChaosReport, runChaos } from '../chaos/run.ts'
import { type ChaosArguments, chaosArguments, usage } from './chaos-options.ts'

/** A run in which the rare moment of a bug did not come says nothing of who would catch it: then another one, broken otherwise. */
const triesMax = 3
type Planted = { plant: string; caught: boolean; by: string[]; tries: number }

const parsed = chaosArguments(process.argv.slice(2))
if (Array.isArray(parsed)) {
  process.stderr.write(`${parsed.join('\n')}\n\n${usage}\n`)
  process.exit(2)
}
const say = (line: string) => void (parsed.json ? process.stderr : process.stdout).write(`${line}\n`)
const kafkaLib = process.env.KAFKA_LIB
if (parsed.help) process.stdout.write(`${usage}\n`)
else process.exit(await main(parsed))

async function main(given: ChaosArguments): Promise<number> {
  const missing = missingEngines({ kafkaLib })
  if (missing.length > 0) {
    process.stderr.write(`chaos starts engines of its own, and this machine lacks:\n${missing.map((each) => `- ${each}\n`).join('')}`)
    return 2
  }
  const options: ChaosOptions = { seconds: given.seconds, seed: given.seed, replicas: given.replicas, fansPerSecond: given.fans, faults: given.faults, kafkaLib, say }
  if (given.planted.length > 0) return runPlanted(given, options)
  const report = await runChaos(options)
  for (const line of linesOf(report)) say(line)
  if (given.json) process.stdout.write(`${JSON.stringify(report)}\n`)
  return report.sound ? 0 : 1
}

async function runPlanted({ planted, json }: ChaosArguments, options: ChaosOptions): Promise<number> {
  const results: Planted[] = []
  for (const plant of plants.filter(({ name }) => planted.includes(name))) results.push(await plantUntilCaught(plant, options))
  const sound = results.every(({ caught }) => caught)
  if (json) process.stdout.write(`${JSON.stringify({ planted: results, sound })}\n`)
  return sound ? 0 : 1
}

/** One bug alone, with the faults that bring it to light: a run that stays sound has not caught it. */
async function plantUntilCaught(plant: Plant, options: ChaosOptions): Promise<Planted> {
  for (let tries = 1; ; tries++) {
    const seed = options.seed + tries - 1
    say(`--- ${plant.name}, seed ${seed}: ${plant.about}`)
    const report = await runChaos({ ...options, seed, plant, replicas: 1, faults: plant.faults })
    const by = report.checks.filter(({ count }) => count > 0).map(({ name }) => name)
    const caught = by.some((name) => plant.caughtBy.includes(name))
    for (const line of linesOf(report)) say(line)
    say(`${plant.name}: ${caught ? `caught by ${by.join(', ')}` : `NOT CAUGHT${by.length > 0 ? `, though ${by.join(', ')} spoke` : ''}`}`)
    if (caught || tries === triesMax) return { plant: plant.name, caught, by, tries }
  }
}

function linesOf(report: ChaosReport): string[] {
  const { lost, faultsByKind, checks, promises } = report
  return [
    `${report.faults} faults: ${Object.entries(faultsByKind).map(([kind, count]) => `${kind} ${count}`).join(', ')}`,
    `${report.shows} shows, ${report.fans} fans, ${report.payments} purchases of ${report.seatsPaid} seats, ${report.events} events, ${report.retries} repeats, ${report.deaths} processes ended by themselves`,
    `promised ${promises.places} places, ${promises.holds} holds, ${promises.payments} payments; lost ${lost.places}, ${lost.holds}, ${lost.payments}`,
    ...checks.filter(({ count }) => count > 0).map(({ name, count, found }) => `VIOLATION ${name}: ${count}\n  ${found.map((each) => JSON.stringify(each)).join('\n  ')}`),
    report.sound ? `sound: ${checks.length} checks` : 'NOT SOUND',
  ]
}
