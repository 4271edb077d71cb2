import { parseArgs } from 'node:util'
import { faults as allFaults } from '../chaos/faults.ts'
import { plants } from '../chaos/plants.ts'

export type ChaosArguments = { seconds: number; seed: number; replicas: number; fans: number; faults: string[]; planted: string[]; json: boolean; help: boolean }

const kinds = allFaults.map(({ kind }) => kind)
const plantNames = plants.map(({ name }) => name)

export const usage = `npm run chaos -- [--minutes 10 | --seconds n] [--seed 1] [--replicas 2] [--fans 5] [--faults kind,kind] [--json]
npm run chaos -- --planted [name,name] [--seconds 60] [--json]
Starts PostgreSQL, Redis, Kafka and every service as children of its own and breaks them while a crowd buys, --fans of them
each second; then lets everything heal and holds it to every promise. --seed chooses what is broken, and when.
Kinds: ${kinds.join(', ')}.
--planted plants one bug after the other, in up to three runs each, and says whether it is caught: ${plantNames.join(', ')}.
KAFKA_LIB is the directory of Kafka's jars, by default test/kafka/lib.
Exit code: 0 sound (all caught), 1 not, 2 wrong options or an engine that is not on this machine.`

const bounds = { minutes: [1, 1_440], seconds: [5, 86_400], seed: [0, 4_294_967_295], replicas: [1, 4], fans: [1, 200] } as const

/** Everything is looked at before anything is started. Answers the arguments, or one line for each that is wrong. */
export function chaosArguments(args: string[]): ChaosArguments | string[] {
  const wrong: string[] = []
  // a bare --planted is all of them
  const spelt = args.flatMap((arg, i) => (arg === '--planted' && (args[i + 1] === undefined || args[i + 1]?.startsWith('--')) ? [`--planted=${plantNames.join(',')}`] : [arg]))
  const given = parse(spelt)
  if (typeof given === 'string') return [given]
  const numberOf = (name: keyof typeof bounds, unless: number) => {
    const text = given[name]
    if (text === undefined) return unless
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
    const [low, high] = bounds[name]
    if (!(value >= low && value <= high)) wrong.push(`--${name} must be a whole number from ${low} to ${high}, not "${text}"`)
    return value
  }
  const listOf = (name: 'faults' | 'planted', known: string[]) => {
    const names = given[name]?.split(',') ?? []
    for (const each of names.filter((one) => !known.includes(one))) wrong.push(`--${name} has "${each}"; there are ${known.join(', ')}`)
    return names
  }
  const planted = listOf('planted', plantNames)
  const minutes = numberOf('minutes', 10)
  const seconds = numberOf('seconds', planted.length > 0 && given.minutes === undefined ? 60 : minutes * 60)
  if (given.minutes !== undefined && given.seconds !== undefined) wrong.push('--minutes and --seconds are the same; give one')
  const options = { seconds, seed: numberOf('seed', 1), replicas: numberOf('replicas', 2), fans: numberOf('fans', 5), faults: listOf('faults', kinds), planted }
  return wrong.length > 0 ? wrong : { ...options, json: given.json ?? false, help: given.help ?? false }
}

function parse(args: string[]) {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  try {
    return parseArgs({ args, options: { minutes: text, seconds: text, seed: text, replicas: text, fans: text, faults: text, planted: text, json: flag, help: flag } }).values
  } catch (error) {
    if (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')) return error.message
    throw error
  }
}
