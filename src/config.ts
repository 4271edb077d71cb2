import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isIPv6 } from 'node:net'
import Type, { type Static, type TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { absentServices, databaseUrlOf, type Part, type ServiceName, serviceNames, urlOf } from './services.ts'
import { type Networks, networksOf } from './platform/address.ts'
import { redisAddressesOf } from './platform/redis-url.ts'

const Port = Type.Integer({ minimum: 0, maximum: 65_535 })
const NetworkList = Type.String({ maxLength: 2_000 })
const Secret = Type.String({ minLength: 32, maxLength: 500 })

const DatabaseUrl = Type.String({ pattern: '^postgres(ql)?://' })
const absence: Partial<Record<ServiceName, string>> = {
  seat: '; `none`: only the line, before another shop (docs/only-the-line.md), and then no wallet, reservation or payment either',
  queue: '; `none`: only the seats, behind another line that signs passes with PASS_SECRET',
}
const UrlOfService = Type.String({ pattern: '^(none|https?://[^/, ]+(,https?://[^/, ]+)*)$' })
const urlsOfServices = Object.fromEntries(serviceNames.map((name) =>
  [urlOf(name), { schema: UrlOfService, default: '', about: `where the door of ${name} is when it runs elsewhere: http://INNER_HOST:INNER_PORT of its process; of each replica, separated by commas, or of the balancer before them${absence[name] ?? ''}` }],
)) as Record<Uppercase<`${ServiceName}_URL`>, { schema: typeof UrlOfService; default: ''; about: string }>

const databasesOfServices = Object.fromEntries(serviceNames.map((name) =>
  [databaseUrlOf(name), { schema: DatabaseUrl, default: '', secret: true, about: `the database of ${name} when it has one of its own, instead of DATABASE_URL; services in one process share theirs` }],
)) as Record<Uppercase<`${ServiceName}_DATABASE_URL`>, { schema: typeof DatabaseUrl; default: ''; secret: true; about: string }>

/** Every environment variable, its form, default and meaning; docs/config.md is made from this. */
export const variables = {
  PORT: { schema: Port, default: '8080', about: 'port of the public HTTP API' },
  HOST: { schema: Type.String({ minLength: 1 }), default: '127.0.0.1', about: 'address the public port listens on' },
  OPS_PORT: { schema: Port, default: '9090', about: 'port for health, metrics and verify; always on loopback unless OPS_HOST says otherwise' },
  OPS_HOST: { schema: Type.String({ minLength: 1 }), default: '127.0.0.1', about: 'address the operations port listens on' },
  PUBLIC_URL: { schema: Type.String({ pattern: '^https?://[^ ]+$' }), default: '', about: 'URL people use; stands in mails (default: http://HOST:PORT)' },
  DATA_DIR: { schema: Type.String({ minLength: 1 }), default: './data', about: 'directory of the embedded database, mails and server.json' },
  DATABASE_URL: { schema: DatabaseUrl, default: '', about: 'PostgreSQL 15 or later; without it the embedded database under DATA_DIR is used' },
  DATABASE_CONNECTIONS: { schema: Type.Integer({ minimum: 2, maximum: 200 }), default: '10', about: 'connections to PostgreSQL of each process, at most; once opened they stay' },
  REDIS_URL: { schema: Type.String({ maxLength: 2_000 }), default: '', secret: true, about: 'Redis 7 for rate limits and the copies that count positions in line, and live news (frames, changes of seats): `redis://[user:password@]host:port[/number]`, `rediss://` over TLS; several `host:port` separated by commas are nodes of one Cluster. Without it each process counts for itself' },
  SESSION_SECRET: { schema: Secret, default: '', secret: true, about: 'signs access tokens; at least 32 characters; required with DATABASE_URL, else made at the first start under DATA_DIR' },
  PASS_SECRET: { schema: Secret, default: '', secret: true, about: 'signs passes; the same rules as SESSION_SECRET' },
  SESSION_SECRET_PREVIOUS: { schema: Secret, default: '', secret: true, about: 'the secret SESSION_SECRET replaced: what it signed is admitted, nothing is signed with it; an hour after the restart it can go' },
  PASS_SECRET_PREVIOUS: { schema: Secret, default: '', secret: true, about: 'the secret PASS_SECRET replaced; the same rules as SESSION_SECRET_PREVIOUS' },
  PROVIDER_SECRET: { schema: Secret, default: '', secret: true, about: 'what the payment provider signs its callbacks with (POST /api/providers/sandbox/callbacks); without it nobody outside can sign one' },
  PROVIDER_SECRET_PREVIOUS: { schema: Secret, default: '', secret: true, about: 'the secret PROVIDER_SECRET replaced; callbacks signed with it are still taken' },
  PROVIDER_CALLBACK_URL: { schema: Type.String({ pattern: '^https?://[^/ ]+$' }), default: '', about: 'where the sandbox provider sends its answers, e.g. http://127.0.0.1:8080; without it the sandbox is asked for them' },
  OPERATOR_EMAIL: { schema: Type.String({ format: 'email', maxLength: 254 }), default: '', about: 'creates this operator account at the start, if it is not there; an existing one keeps its password, and one that is no operator is never made one: the start is refused' },
  OPERATOR_PASSWORD: { schema: Type.String({ minLength: 12, maxLength: 128 }), default: '', secret: true, about: 'password of OPERATOR_EMAIL, at least 12 characters' },
  MAIL: { schema: Type.String({ pattern: '^(console|file)$' }), default: 'file', about: 'where mails go: `file` (DATA_DIR/mail) or `console`' },
  REHEARSALS: { schema: Type.String({ pattern: '^(on|off)$' }), default: 'off', about: 'lets operators make rehearsal shows and fans; `on` with --demo' },
  QUEUE_CAP: { schema: Type.Integer({ minimum: 1, maximum: 1_000_000 }), default: '300', about: 'live passes per show unless an operator changes it' },
  BEACON_URLS: { schema: Type.String({ pattern: '^(none|https?://[^, ]+(,https?://[^, ]+)*)$', maxLength: 2_000 }), default: 'https://api.drand.sh,https://drand.cloudflare.com', about: 'HTTP relays of the public random beacon (drand quicknet) for draws, separated by commas; a draw that reaches none of them in ten seconds is done without, and says so for ever. `none`: no draw asks for one' },
  HOLD_SECONDS: { schema: Type.Integer({ minimum: 5, maximum: 1_500 }), default: '300', about: 'how long a first hold lasts; rehearsals shorten it' },
  RATE_LIMIT_PERCENT: { schema: Type.Integer({ minimum: 1, maximum: 100_000 }), default: '100', about: 'how fast one account or address may ask, in percent of what src/gateway/limits.ts says' },
  RATE_LIMIT_EXEMPT: { schema: NetworkList, default: 'loopback', about: 'addresses and networks that are not limited, separated by commas; `loopback` is 127.0.0.0/8 and ::1; `0.0.0.0/0,::/0` is everybody' },
  TRUST_PROXY: { schema: NetworkList, default: '', about: 'addresses and networks of the proxies in front, written like RATE_LIMIT_EXEMPT; only their X-Forwarded-For is believed. Without it a proxy on this machine makes everybody exempt' },
  CONNECTIONS_MAX: { schema: Type.Integer({ minimum: 1, maximum: 1_000_000 }), default: '15000', about: 'open connections of the public port; more are closed at once. Keep it well below the file limit of the process (`ulimit -n`, usually 20,000): database and mails need files too. There is none per address: that is the work of the proxy in front' },
  DRAIN_SECONDS: { schema: Type.Integer({ minimum: 0, maximum: 60 }), default: '0', about: 'how long a process that was told to stop serves on, not ready, so that a balancer sends requests elsewhere before the port closes; 2 with a second gateway behind deploy/nginx/openrun.conf' },
  STREAMS_MAX: { schema: Type.Integer({ minimum: 1, maximum: 1_000_000 }), default: '12000', about: 'open streams (SSE) of the public port; whoever comes then is told to ask instead. Keep it below CONNECTIONS_MAX, or nobody can buy while everybody watches' },
  SERVICES: { schema: Type.String({ pattern: '^[a-z]+(,[a-z]+)*$' }), default: 'all', about: `what runs in this process: all, or some of gateway,callbacks,${serviceNames.join(',')}; \`callbacks\` are the routes of payment providers alone, for a process of their own. Less than all needs KAFKA_BROKERS, DATABASE_URL, SERVICE_SECRET and the URL of every service it calls` },
  KAFKA_BROKERS: { schema: Type.String({ pattern: '^[^,:/ ]+:[0-9]+(,[^,:/ ]+:[0-9]+)*$' }), default: '', about: 'brokers of Apache Kafka 4, host:port separated by commas: events travel through it; without it inside the process' },
  KAFKA_PREFIX: { schema: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,40}$' }), default: 'openrun', about: 'begins the names of topics and groups; another one for each database on the same brokers, or they take each other\'s events' },
  SERVICE_SECRET: { schema: Secret, default: '', secret: true, about: 'signs the calls of services to each other, the same in every process; at least 32 characters' },
  INNER_HOST: { schema: Type.String({ minLength: 1 }), default: '127.0.0.1', about: 'address the door for other services listens on; never a public one' },
  INNER_PORT: { schema: Port, default: '9191', about: 'port of the door for other services, opened when not everything runs here, or with SERVICE_SECRET and KAFKA_BROKERS' },
  ...urlsOfServices,
  ...databasesOfServices,
  LOG_LEVEL: { schema: Type.String({ pattern: '^(trace|debug|info|warn|error|fatal|silent)$' }), default: 'info', about: 'least severe log line that is written' },
} as const satisfies Record<string, { schema: TSchema; default: string; about: string; secret?: boolean }>

type Name = keyof typeof variables
export type Environment = Record<string, string | undefined>
export type Config = { [K in Name]: Static<(typeof variables)[K]['schema']> | undefined } & {
  PORT: number
  HOST: string
  OPS_PORT: number
  OPS_HOST: string
  PUBLIC_URL: string
  DATA_DIR: string
  DATABASE_CONNECTIONS: number
  MAIL: 'console' | 'file'
  REHEARSALS: 'on' | 'off'
  QUEUE_CAP: number
  BEACON_URLS: string
  HOLD_SECONDS: number
  RATE_LIMIT_PERCENT: number
  CONNECTIONS_MAX: number
  DRAIN_SECONDS: number
  STREAMS_MAX: number
  SERVICES: string
  KAFKA_PREFIX: string
  INNER_HOST: string
  INNER_PORT: number
  LOG_LEVEL: string
  demo: boolean
  /** SERVICES as a set; `isWhole` when it is everything there is */
  runs: ReadonlySet<Part>
  /** services this installation does not have */
  absent: ReadonlySet<ServiceName>
  isWhole: boolean
}
export class ConfigError extends Error {}

const loopback = networksOf('loopback') as Networks
const isLoopback = (host: string) => host === 'localhost' || loopback.has(host)

/** Reads the environment once and reports every problem at once. `NAME_FILE` may name a file with the value. */
export function readConfig(environment: Environment, { demo = false } = {}): Config {
  const problems: string[] = []
  const values: Record<string, unknown> = { demo }
  for (const [name, variable] of Object.entries(variables)) {
    try {
      values[name] = parse(name, textOf(environment, name) || variable.default, variable.schema)
    } catch (error) {
      problems.push((error as Error).message)
    }
  }
  const config = values as Config
  if (demo) config.REHEARSALS = 'on'
  problems.push(...chooseServices(config))
  if (demo && config.DATABASE_URL) problems.push('demo data and logins are refused with DATABASE_URL; start without --demo (npm run serve)')
  if (demo && config.HOST && !isLoopback(config.HOST)) problems.push(`demo data and logins are refused on ${config.HOST}; use a loopback HOST or npm run serve`)
  for (const name of ['SESSION_SECRET', 'PASS_SECRET'] as const)
    if (config.DATABASE_URL && !config[name]) problems.push(`${name} is required with DATABASE_URL (at least 32 characters)`)
  if (config.KAFKA_BROKERS && !config.DATABASE_URL) problems.push('KAFKA_BROKERS needs DATABASE_URL: what others tell must be kept where they can find it')
  problems.push(...missingWhenApart(config), ...sameSecrets(config))
  for (const name of ['RATE_LIMIT_EXEMPT', 'TRUST_PROXY'] as const)
    if (!networksOf(config[name] ?? '')) problems.push(`${name} must be addresses and networks separated by commas, e.g. 10.0.0.0/8,loopback`)
  if (config.REDIS_URL && !redisAddressesOf(config.REDIS_URL)) problems.push('REDIS_URL must be redis://host:port, or redis://host:port,host:port for the nodes of a Cluster, which has no /number')
  if (Boolean(config.OPERATOR_EMAIL) !== Boolean(config.OPERATOR_PASSWORD)) problems.push('OPERATOR_EMAIL and OPERATOR_PASSWORD belong together')
  if (problems.length > 0) throw new ConfigError(problems.map((problem) => `- ${problem}`).join('\n'))
  config.PUBLIC_URL = config.PUBLIC_URL ? config.PUBLIC_URL.replace(/\/+$/, '') : `http://${hostOf(config.HOST)}:${config.PORT}`
  return config
}

const runnable: readonly Part[] = ['gateway', 'callbacks', ...serviceNames]

/** Fills `runs` and `absent`, and with what they have DATABASE_URL. */
function chooseServices(config: Config): string[] {
  const all = config.SERVICES === 'all'
  const words = all ? [] : (config.SERVICES ?? '').split(',')
  const { absent, problems } = absentServices((name) => config[urlOf(name)], words)
  const named = all ? runnable.filter((name) => name !== 'callbacks' && !absent.has(name as ServiceName)) : words
  const unknown = named.filter((name) => !runnable.some((known) => known === name))
  config.absent = absent
  config.runs = new Set(runnable.filter((name) => named.includes(name)))
  config.isWhole = config.runs.has('gateway') && serviceNames.every((name) => config.runs.has(name) || absent.has(name))
  if (absent.has('queue') && !config.PASS_SECRET) problems.push('PASS_SECRET is required with QUEUE_URL=none: the other line signs passes with it')
  if (config.runs.has('callbacks') && absent.has('wallet')) problems.push('SERVICES names callbacks, and there is no wallet they could be for')
  if (unknown.length > 0) problems.push(`SERVICES names ${unknown.join(', ')}; there are ${runnable.join(', ')}`)
  return [...problems, ...chooseDatabase(config)]
}

/** DATABASE_URL becomes what the services of this process have; they share one. */
function chooseDatabase(config: Config): string[] {
  const own = serviceNames.filter((name) => config.runs.has(name))
  const urls = new Set(own.map((name) => config[databaseUrlOf(name)] ?? config.DATABASE_URL))
  if (urls.size > 1) return [`services of one process share a database; ${own.map(databaseUrlOf).filter((name) => config[name]).join(', ')} and DATABASE_URL name several. Give each its own process (SERVICES)`]
  const [url] = urls
  config.DATABASE_URL = url ?? config.DATABASE_URL
  return []
}

/** A process that does not run everything must know where the rest is and how news travel. */
function missingWhenApart(config: Config): string[] {
  if (config.isWhole || config.runs.size === 0) return []
  const needed = ['KAFKA_BROKERS', 'DATABASE_URL', 'SERVICE_SECRET', ...calledElsewhere(config).map(urlOf)] as const
  return needed.filter((name) => !config[name]).map((name) => `${name} is required when SERVICES is not all`)
}

/** Services that this process calls and does not run: a service calls those before it, the gateway all. */
function calledElsewhere({ runs, absent }: Config): ServiceName[] {
  const last = runs.has('gateway') ? serviceNames.length : Math.max(...serviceNames.map((name, i) => (runs.has(name) ? i : 0)))
  const called = serviceNames.filter((name, i) => i < last || (name === 'wallet' && runs.has('callbacks')))
  return called.filter((name) => !runs.has(name) && !absent.has(name))
}

export const newSecret = () => randomBytes(32).toString('base64url')

const secretNames = ['SERVICE_SECRET', 'PROVIDER_SECRET', 'PROVIDER_SECRET_PREVIOUS', 'SESSION_SECRET', 'PASS_SECRET', 'SESSION_SECRET_PREVIOUS', 'PASS_SECRET_PREVIOUS'] as const

function sameSecrets(config: Config): string[] {
  const pairs = secretNames.flatMap((one, i) => secretNames.slice(i + 1).map((other) => [one, other] as const))
  return pairs.filter(([one, other]) => config[one] && config[one] === config[other]).map(([one, other]) => `${one} and ${other} must differ`)
}

const hostOf = (host: string) => (['0.0.0.0', '::'].includes(host) ? 'localhost' : isIPv6(host) ? `[${host}]` : host)

/** An empty file is a secret that was not mounted, not a wish for the default. */
function textOf(environment: Environment, name: string): string | undefined {
  const file = environment[`${name}_FILE`]
  if (!file) return environment[name]
  if (environment[name]) throw new ConfigError(`${name} and ${name}_FILE are both given; give one`)
  const text = contentOf(`${name}_FILE`, file)
  if (text === '') throw new ConfigError(`${name}_FILE: ${file} is empty`)
  return text
}

function contentOf(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new ConfigError(`${name}: ${(error as Error).message}`)
  }
}

function parse(name: string, text: string, schema: TSchema): unknown {
  if (text === '') return undefined
  const value = 'type' in schema && schema.type === 'integer' && /^\d+$/.test(text) ? Number(text) : text
  const validator = Compile(schema)
  if (validator.Check(value)) return value
  const [error] = validator.Errors(value)
  throw new ConfigError(`${name} ${error?.message ?? 'is invalid'}`)
}

/** The database of each service, and of what has none of its own; undefined is the embedded one under DATA_DIR. */
export function databaseUrls(environment: Environment): Map<ServiceName, string | undefined> {
  return new Map(serviceNames.map((name) => [name, textOf(environment, databaseUrlOf(name)) || textOf(environment, 'DATABASE_URL') || undefined]))
}
