import { parseArgs } from 'node:util'

export const usage = `npm run rush -- [--fans 2000] [--seats 500] [--url http://…] [--ops-url http://…[,…]] [--seed 1] [--seconds 10]
  [--watchers 0] [--kill 0] [--minutes 10] [--json]
An open-loop crowd against a fresh show, then the audit. Without --url a server of its own is started on a temporary data
directory (or on DATABASE_URL). With --url an operator signs in: OPERATOR_EMAIL and OPERATOR_PASSWORD, by default the demo's;
the audit asks --ops-url (several by commas: one of each service is enough), by default the processes of npm run services that
DATA_DIR/server.json names, or port OPS_PORT (9090) of the same host. A run whose audit was not reached is not sound.
--watchers n opens n more connections to the line from two processes, half streams and half askers, before the crowd comes.
--kill n ends the own server with kill -9 n times in the middle of the sale and starts it again.
Exit code: 0 sound, 1 not sound or not run, 2 wrong options.`

/** Bounds of the numbers, both included, and what they are unless given. */
const numbers = {
  fans: { low: 1, high: 20_000, given: 2_000 },
  seats: { low: 1, high: 50_000, given: 500 },
  seed: { low: 0, high: 4_294_967_295, given: 1 },
  seconds: { low: 1, high: 600, given: 10 },
  minutes: { low: 1, high: 120, given: 10 },
  watchers: { low: 0, high: 18_000, given: 0 },
  kill: { low: 0, high: 20, given: 0 },
} as const
type Numbers = { [Name in keyof typeof numbers]: number }
export type RushOptions = Numbers & { url: string | undefined; opsUrl: string | undefined; json: boolean; help: boolean }

/** Everything is looked at before anything is started. Answers the options, or one line for each that is wrong. */
export function rushOptions(args: string[]): RushOptions | string[] {
  const parsed = parse(args)
  if (typeof parsed === 'string') return [parsed]
  const { url, 'ops-url': opsUrl, json = false, help = false } = parsed
  const wrong: string[] = []
  const options: RushOptions = { ...numbersOf(parsed, wrong), url, opsUrl, json, help }
  for (const [name, address] of [['url', url] as const, ...(opsUrl?.split(',') ?? []).map((each) => ['ops-url', each] as const)])
    if (address !== undefined && !isAddress(address)) wrong.push(`--${name} must be an http:// or https:// address, not "${address}"`)
  if (url !== undefined && options.kill > 0) wrong.push('--kill needs a server of its own: leave out --url')
  if (options.watchers > 0 && options.kill > 0) wrong.push('--watchers and --kill do not go together: a connection that was killed would count as lost')
  if (url === undefined && opsUrl !== undefined) wrong.push('--ops-url belongs to --url')
  return wrong.length > 0 ? wrong : options
}

function parse(args: string[]) {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  try {
    return parseArgs({
      args,
      options: { fans: text, seats: text, seed: text, seconds: text, minutes: text, watchers: text, kill: text, url: text, 'ops-url': text, json: flag, help: flag },
    }).values
  } catch (error) {
    if (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')) return error.message
    throw error
  }
}

function numbersOf(given: Partial<Record<keyof Numbers, string>>, wrong: string[]): Numbers {
  const read = ([name, { low, high, given: unless }]: [string, { low: number; high: number; given: number }]) => {
    const text = given[name as keyof Numbers]
    const value = text === undefined ? unless : /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
    if (!(value >= low && value <= high)) wrong.push(`--${name} must be a whole number from ${low} to ${high}, not "${text}"`)
    return [name, value]
  }
  return Object.fromEntries(Object.entries(numbers).map(read)) as Numbers
}

const isAddress = (text: string) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
