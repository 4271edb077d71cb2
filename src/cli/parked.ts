import { parseArgs } from 'node:util'
import { newSecret, readConfig } from '../config.ts'
import type { Parked, ParkedList, Replay } from '../platform/parked.ts'
import { Refusal } from '../platform/outcome.ts'
import { startProblemOf } from '../start-problems.ts'
import { withSystem } from './offline.ts'
import { type ServiceName, serviceNames } from '../services.ts'
import { absentIn, processesAt } from '../verify-processes.ts'
import { runningServers } from './running-server.ts'

const usage = `npm run parked -- [--replay] [--subscriber name] [--key id] [--ops-url http://…] [--json]
Shows the messages that a service could not apply, with the later ones of their keys. --replay tries them again, each key in
order until one fails; --subscriber and --key choose some of them. Runs inside the server that has DATA_DIR open, inside all
processes of npm run services, or inside those at --ops-url, separated by commas; opens the data itself when no server has it.
Exit code: 0 shown or all applied, 1 something failed again or nothing could be asked, 2 wrong options.`

type Options = { replay: boolean; subscriber?: string; key?: string; 'ops-url'?: string; json: boolean; help: boolean }

const options = optionsOf(process.argv.slice(2))
if (options.help) process.stdout.write(`${usage}\n`)
else process.exit(await run(options))

function optionsOf(args: string[]): Options {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean', default: false } as const
  try {
    const { values } = parseArgs({ args, options: { replay: flag, subscriber: text, key: text, 'ops-url': text, json: flag, help: flag } })
    if (!values.help && !values.replay && (values.subscriber ?? values.key) !== undefined) throw new TypeError('--subscriber and --key belong to --replay')
    return values
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${usage}\n`)
    process.exit(2)
  }
}

async function run({ replay, subscriber, key, 'ops-url': opsUrl, json }: Options): Promise<number> {
  const which = { ...(subscriber !== undefined && { subscriber }), ...(key !== undefined && { key }) }
  try {
    const answer = replay ? await ask<Replay>(opsUrl, '/parked/replay', which) : await ask<ParkedList>(opsUrl, '/parked')
    const say = (line: string) => (json ? process.stderr : process.stdout).write(`${line}\n`)
    for (const line of 'applied' in answer ? replayLines(answer) : listLines(answer)) say(line)
    if (json) process.stdout.write(`${JSON.stringify(shown(answer))}\n`)
    return 'failed' in answer && answer.failed.length > 0 ? 1 : 0
  } catch (error) {
    const problem = error instanceof Refusal ? `- ${String(error.params.detail)}` : startProblemOf(error)
    process.stderr.write(`${problem ?? (error as Error).stack}\n`)
    return 1
  }
}

type Which = { subscriber?: string; key?: string }

/** Inside the running server, whose services have memories of their own; the data itself only when nobody has it open. */
async function ask<T extends Record<string, unknown>>(opsUrl: string | undefined, path: string, which?: Which): Promise<T> {
  // no token is looked at here, so no secret is needed
  const config = readConfig({ ...process.env, SESSION_SECRET: newSecret(), PASS_SECRET: newSecret(), SESSION_SECRET_FILE: undefined, PASS_SECRET_FILE: undefined })
  const urls = opsUrl?.split(',') ?? (await runningServers(config.DATA_DIR))
  if (!urls) return withSystem(config, ({ parked }) => (which ? parked.replay(which) : parked.list()) as unknown as Promise<T>)
  const answers = (await chosen(urls, which)).map((url) => askOne<T>(url, path, which))
  return joined(await Promise.all(answers)) as T
}

/** One replica of each service there is, or of the one that is meant. */
async function chosen(urls: string[], which?: Which): Promise<string[]> {
  if (urls.length === 1) return urls
  const { processes, failures } = await processesAt(urls)
  const absent = absentIn(processes)
  const there = serviceNames.filter((name) => !absent.has(name))
  const names = there.filter((name) => which?.subscriber === undefined || which.subscriber === name)
  if (names.length === 0) throw new Refusal('request_invalid', { detail: `no subscriber is called ${which?.subscriber}; there are ${there.join(', ')}` })
  const urlOf = (name: ServiceName) => processes.find(({ services }) => services.includes(name))?.url
  const silent = names.filter((name) => urlOf(name) === undefined)
  if (silent.length > 0) throw new Refusal('request_invalid', { detail: `no process answers for ${silent.join(', ')}. ${failures.join('; ')}` })
  return [...new Set(names.map((name) => urlOf(name) as string))]
}

async function askOne<T extends Record<string, unknown>>(url: string, path: string, which?: Which): Promise<T> {
  const request = which && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(which) }
  const response = await fetch(new URL(path, url), request)
  const answer = (await response.json()) as T & { detail?: string }
  if (!response.ok) throw new Refusal('request_invalid', { detail: answer.detail ?? `${url} answered ${response.status}` })
  return answer
}

/** Counts are added up, lists follow on each other. */
function joined(answers: Record<string, unknown>[]): Record<string, unknown> {
  return answers.reduce((all, answer) => Object.fromEntries(Object.entries(answer).map(([name, value]) =>
    [name, typeof value === 'number' ? value + Number(all[name] ?? 0) : [...((all[name] ?? []) as unknown[]), ...(value as unknown[])]])), {})
}

function shown(answer: Replay | ParkedList) {
  if ('applied' in answer) return { applied: answer.applied.map(iso), failed: answer.failed.map(iso) }
  return { count: answer.count, parked: answer.parked.map(iso) }
}

function iso(message: Parked) {
  return { ...message, since: new Date(message.since).toISOString() }
}

function nameOf({ subscriber, producer, key, version, name }: Parked): string {
  return `${subscriber} ← ${producer} ${name} ${key} version ${version}`
}

function listLines({ count, parked }: ParkedList): string[] {
  const lines = parked.map((message) => `${nameOf(message)}\n  since ${iso(message).since}: ${message.error}`)
  return [...lines, `${count} parked${count > parked.length ? `, the first ${parked.length} shown` : ''}`]
}

function replayLines({ applied, failed }: Replay): string[] {
  const lines = [...applied.map((message) => `applied ${nameOf(message)}`), ...failed.map((message) => `FAILED AGAIN ${nameOf(message)}\n  ${message.error}`)]
  return [...lines, `${applied.length} applied, ${failed.length} failed again`]
}
