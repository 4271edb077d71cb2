import { sha256 } from '@noble/hashes/sha2.js'
import type { ChainedLine } from '../../src/queue/record-chain.ts'
import { createReplay, type Drawn, type Verdict, type Violation } from '../../src/queue/replay.ts'
import { type Texts, texts } from './audit-texts.ts'
import { at, element, getPatiently, isShow, language, showId, speak, status } from './proof-page.ts'

/** Recomputes a whole sale in the browser, with the same lines as `npm run audit`. */
const pageMax = 1_000
const checks: Violation['what'][] = ['passed_over', 'cap_exceeded', 'other_draw', 'called_while_paused', 'called_while_closed', 'two_places', 'number_gap', 'impossible', 'chain_broken']
const say: Texts = speak(texts)

at<HTMLAnchorElement>('draw').search = new URLSearchParams({ show: showId, lang: language }).toString()
await main().catch(() => status(say.unreachable))

type Page = { items: ChainedLine[]; next: string | null; complete: boolean }

async function main() {
  if (!isShow) return status(say.missing)
  const replay = createReplay(sha256)
  let read = 0
  let page: Page | undefined
  let complete = true
  do {
    status(`${say.loading}: ${read.toLocaleString(language)}`)
    page = await pageAfter(page?.next ?? undefined)
    if (!page) return status(say.none)
    for (const line of page.items) replay.add(line)
    read += page.items.length
    complete &&= page.complete
  } while (page.next !== null)
  for (const window of replay.windows()) replay.drawn(window, await drawOf(window))
  tell(replay.end(complete), read)
  status(complete ? say.whole : say.running)
}

/** Undefined: there is no such line. */
async function pageAfter(cursor: string | undefined): Promise<Page | undefined> {
  const query = new URLSearchParams({ limit: String(pageMax), ...(cursor === undefined ? {} : { cursor }) })
  const answer = await getPatiently(`/api/shows/${showId}/audit?${query}`)
  if (answer.status === 404) return undefined
  if (!answer.ok) throw new Error(`the record answered ${answer.status}`)
  return answer.json() as Promise<Page>
}

/** Undefined: places of this window went by arrival. */
async function drawOf(window: string): Promise<Drawn | undefined> {
  const answer = await getPatiently(`/api/shows/${showId}/queue/draw?window=${encodeURIComponent(window)}`)
  if (answer.status === 404) return undefined
  if (!answer.ok) throw new Error(`the draw answered ${answer.status}`)
  return answer.json() as Promise<Drawn>
}

function tell({ joins, calls, capMax, liveMax, heads, violations }: Verdict, lines: number) {
  at('findings').replaceChildren(...checks.map((what) => {
    const found = violations.filter((violation) => violation.what === what)
    const item = element('li', '')
    item.className = found.length === 0 ? 'ok' : 'wrong'
    item.dataset.what = what
    item.append(element('strong', `${found.length === 0 ? '✓' : '✗'} ${say[what]}: ${found.length === 0 ? say.ok : say.wrong}`), ...found.slice(0, 10).map(({ detail }) => element('small', detail)))
    return item
  }))
  const facts: [keyof Texts, number][] = [['joins', joins], ['calls', calls], ['liveMax', liveMax], ['capMax', capMax], ['lines', lines]]
  at('facts').replaceChildren(...facts.flatMap(([name, value]) => [element('dt', say[name]), element('dd', value.toLocaleString(language))]))
  at('heads').replaceChildren(...Object.entries(heads).flatMap(([chain, head]) => [element('dt', chain), element('dd', head)]))
}
