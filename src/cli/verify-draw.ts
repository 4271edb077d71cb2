import { createHash } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import Type, { type Static, type TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { readConfig } from '../config.ts'
import { type Chain, quicknet } from '../queue/draw-beacon.ts'
import { checkDraw, type Finding } from '../queue/draw-check.ts'
import { hash } from '../queue/draw-hash.ts'
import { orderFrom } from '../queue/draw-rules.ts'

const usage = `npm run verify-draw -- --show ID [--window ID] [--url http://127.0.0.1:8080] [--number N] [--json]
Fetches what was published of a draw and does it again: commitment, beacon, roster, root, seed, order. --number prints the
rank of a place. --chain JSON trusts another beacon than drand's quicknet: {"hash","publicKey","genesisAt","periodMs"}.
Exit code: 0 everything matches (a weaker draw too, and says so), 1 something does not, or the draw is not done yet,
2 wrong options or no answer.`
const pageSize = 1_000
const askMs = 30_000
const asksMax = 5

const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const Text = Type.String()
const Draw = Type.Object({
  showId: Text, windowId: Text, commitment: Text, committedAt: Text, sealsAt: Nullable(Text), sealedAt: Nullable(Text), drawnAt: Nullable(Text), rosterCount: Nullable(Type.Integer()), root: Nullable(Text), rootedAt: Nullable(Text), secret: Nullable(Text), seed: Nullable(Text), weaker: Type.Array(Text),
  beacon: Nullable(Type.Object({ chain: Text, publicKey: Text, genesisAt: Text, periodMs: Type.Number(), round: Type.Integer(), roundAt: Text, signature: Nullable(Text) })),
})
const Roster = Type.Object({ accounts: Type.Array(Type.String({ pattern: '^[0-9a-f]{64}$' })) })
/** what the signed frame reveals of a draw: roster count, and the seed in base64url */
const Frame = Type.Object({ windowId: Text, draw: Type.Optional(Type.Tuple([Type.Integer(), Text])) })
const ChainForm = Compile(Type.Object({ hash: Text, publicKey: Text, genesisAt: Type.Integer(), periodMs: Type.Integer() }))
type Report = { sound: boolean; showId: string; windowId: string; rosterCount: number; seed: string | null; orderHash: string | null; rank: number | null; weaker: string[]; findings: Finding[] }

try {
  const options = optionsOf(process.argv.slice(2))
  if (options.help) process.stdout.write(`${usage}\n`)
  else {
    const report = await verifyDraw(options)
    const say = (line: string) => (options.json ? process.stderr : process.stdout).write(`${line}\n`)
    for (const { what, ok, detail } of report.findings) say(`${ok === null ? 'NOT YET ' : ok ? 'ok      ' : what === 'strength' ? 'WEAKER  ' : 'MISMATCH'} ${what}: ${detail}`)
    say(`${report.rosterCount} places, seed ${report.seed}, order ${report.orderHash}${report.rank === null ? '' : `, rank ${report.rank}`}`)
    if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`)
    process.exitCode = report.sound ? 0 : 1
  }
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 2
}

type Options = { show: string; window: string | undefined; url: string; number: number | undefined; chain: Chain; json: boolean; help: boolean }

function optionsOf(args: string[]): Options {
  const text = { type: 'string' } as const
  const { values } = parseArgs({ args, options: { show: text, window: text, url: text, number: text, chain: text, json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } } })
  if (!values.show && !values.help) throw new Error(`--show is missing\n${usage}`)
  if (values.number !== undefined && !/^[1-9]\d{0,8}$/.test(values.number)) throw new Error(`--number must be a whole number, not "${values.number}"`)
  const chain: unknown = values.chain === undefined ? quicknet : JSON.parse(values.chain)
  if (!ChainForm.Check(chain)) throw new Error('--chain must be {"hash","publicKey","genesisAt","periodMs"}')
  const { PORT } = readConfig({ PORT: process.env.PORT })
  return { show: values.show ?? '', window: values.window, url: values.url ?? `http://127.0.0.1:${PORT}`, number: values.number === undefined ? undefined : Number(values.number), chain, json: values.json, help: values.help }
}

async function verifyDraw({ show, window, url, number, chain }: Options): Promise<Report> {
  const base = `${url.replace(/\/+$/, '')}/api/shows/${encodeURIComponent(show)}/queue`
  const which = window === undefined ? '' : `?window=${encodeURIComponent(window)}`
  const draw = await ask(`${base}/draw${which}`, Draw)
  if (draw.showId !== show || (window !== undefined && draw.windowId !== window)) throw new Error(`asked for another draw, was given that of show ${draw.showId}, window ${draw.windowId}`)
  const accounts = draw.root === null ? undefined : await rosterOf(`${base}/draw/roster?window=${draw.windowId}`, draw.rosterCount ?? 0)
  const frame = await ask(base, Frame)
  const findings = checkDraw(hash, draw, { accounts, trusted: chain })
  // the line that is shown to everybody is the one that was drawn
  if (frame.windowId === draw.windowId && draw.seed !== null) {
    const [count, text] = frame.draw ?? [0, '']
    const seed = Buffer.from(text, 'base64url').toString('hex')
    findings.push({ what: 'frame', ok: seed === draw.seed && count === draw.rosterCount, detail: `the line says seed ${seed} over ${count}` })
  }
  const rosterCount = draw.rosterCount ?? 0
  const order = draw.seed === null ? undefined : orderFrom(hash, draw.seed, rosterCount)
  return {
    sound: findings.every(({ ok, what }) => ok === true || (what === 'strength' && ok === false)),
    showId: show, windowId: draw.windowId, rosterCount, seed: draw.seed, weaker: draw.weaker, findings,
    orderHash: order ? createHash('sha256').update(order.numbersBetween(1, rosterCount).join(',')).digest('hex') : null,
    rank: order && number !== undefined ? order.rankOf(number) : null,
  }
}

async function rosterOf(url: string, rosterCount: number): Promise<string[]> {
  const accounts: string[] = []
  while (accounts.length < rosterCount) {
    const page = await ask(`${url}&after=${accounts.length}&limit=${pageSize}`, Roster)
    if (page.accounts.length === 0) break
    accounts.push(...page.accounts)
  }
  return accounts
}

async function ask<T extends TSchema>(url: string, form: T): Promise<Static<T>> {
  let answer = await fetch(url, { signal: AbortSignal.timeout(askMs) })
  // a large roster is more pages than one may ask for at once
  for (let asked = 1; answer.status === 429 && asked < asksMax; asked++) {
    await wait(1_000 * Math.min(60, Number(answer.headers.get('retry-after') ?? 1)))
    answer = await fetch(url, { signal: AbortSignal.timeout(askMs) })
  }
  const body: unknown = await answer.json()
  if (!answer.ok) throw new Error(`${url} answered ${answer.status} ${JSON.stringify(body)}`)
  if (!Compile(form).Check(body)) throw new Error(`${url} answered something else than a draw`)
  return body as Static<T>
}
