import { parseArgs } from 'node:util'
import { hash } from '../queue/draw-hash.ts'
import { createReplay, type Drawn, type Verdict } from '../queue/replay.ts'
import type { ChainedLine } from '../queue/record-chain.ts'

const usage = `npm run audit -- --show ID [--url http://127.0.0.1:8080] [--json]
Reads the public record of a show's line from a running server and recomputes it from that record alone: hash chains, numbers
without gaps, one place an account, never more in than the cap, nobody called while paused or before somebody who waited
longer; and holds the order of each window against its published draw. --json prints the record as JSON Lines, and the verdict as the last line.
Exit code: 0 it holds, 1 it does not or nothing could be read, 2 wrong options.`
const pageMax = 1_000
const timeoutMs = 30_000

const options = optionsOf(process.argv.slice(2))
if (options.help) process.stdout.write(`${usage}\n`)
else process.exitCode = await run(options.show ?? '', options.url, options.json)

function optionsOf(args: string[]) {
  try {
    const { values } = parseArgs({ args, options: { show: { type: 'string' }, url: { type: 'string', default: 'http://127.0.0.1:8080' }, json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } } })
    if (!values.help && !/^[0-9a-f-]{36}$/.test(values.show ?? '')) throw new TypeError('--show needs the id of a show')
    if (!URL.canParse(values.url)) throw new TypeError('--url needs a URL')
    return values
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${usage}\n`)
    process.exit(2)
  }
}

async function run(showId: string, url: string, json: boolean): Promise<number> {
  const replay = createReplay(hash)
  try {
    let complete = true
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = await read(`${url}/api/shows/${showId}/audit?limit=${pageMax}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`)
      for (const line of page.items) {
        replay.add(line)
        if (json) process.stdout.write(`${JSON.stringify(line)}\n`)
      }
      cursor = page.next
      complete &&= page.complete
    }
    for (const window of replay.windows()) replay.drawn(window, await drawOf(`${url}/api/shows/${showId}/queue/draw?window=${window}`))
    const verdict = replay.end(complete)
    if (json) process.stdout.write(`${JSON.stringify({ kind: 'verdict', ...verdict, complete })}\n`)
    else for (const line of linesOf(verdict, complete)) process.stdout.write(`${line}\n`)
    return verdict.violations.length === 0 ? 0 : 1
  } catch (error) {
    const { message, cause } = error as Error
    process.stderr.write(`- the record of ${showId} could not be read from ${url}: ${cause instanceof Error ? cause.message : message}\n`)
    return 1
  }
}

type Page = { items: ChainedLine[]; next: string | null; complete: boolean }

async function read(url: string): Promise<Page> {
  const { response, body } = await answerOf<Page>(url)
  if (!response.ok) throw new Error(`${response.status} ${body.code ?? ''} ${body.title ?? ''}`)
  return body
}

/** Undefined: places of this window went by arrival. */
async function drawOf(url: string): Promise<Drawn | undefined> {
  const { response, body } = await answerOf<Drawn>(url)
  if (response.status === 404 && body.code === 'draw_unknown') return undefined
  if (!response.ok) throw new Error(`${response.status} ${body.code ?? ''} ${body.title ?? ''}`)
  return body
}

async function answerOf<T>(url: string) {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) })
  return { response, body: (await response.json()) as T & { code?: string; title?: string } }
}

function linesOf({ joins, calls, capMax, liveMax, unjudged, heads, violations }: Verdict, complete: boolean): string[] {
  return [
    complete ? 'The sale is over; this record is whole.' : 'The sale is running; this is its record so far.',
    ...(unjudged > 0 ? [`${unjudged} newer lines are not judged: somebody joined while the record was read.`] : []),
    `${joins} joins, ${calls} calls, at most ${liveMax} in at once (highest cap ${capMax}).`,
    ...Object.entries(heads).map(([chain, head]) => `head of ${chain}: ${head}`),
    ...violations.map(({ what, detail, line }) => `VIOLATION ${what}: ${detail} ${JSON.stringify(line)}`),
    violations.length === 0 ? 'Recomputed: the cap was kept, nobody was passed over, no line was changed.' : `${violations.length} violations.`,
  ]
}
