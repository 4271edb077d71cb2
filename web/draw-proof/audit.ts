import { sha256 } from '@noble/hashes/sha2.js'
import type { ChainedLine } from '../../src/queue/record-chain.ts'
import { createReplay, type Verdict, type Violation } from '../../src/queue/replay.ts'
import { type Language, type Texts, texts } from './audit-texts.ts'

/** Recomputes a whole sale in the browser, with the same lines as `npm run audit`. */
const pageMax = 1_000
const checks: Violation['what'][] = ['passed_over', 'cap_exceeded', 'called_while_paused', 'two_places', 'number_gap', 'impossible', 'chain_broken']
const asked = new URLSearchParams(location.search)
const wanted = asked.get('lang') ?? navigator.language.slice(0, 2)
const language: Language = wanted === 'en' ? 'en' : 'ko'
const say: Texts = texts[language]
const showId = asked.get('show') ?? ''
const at = <E extends HTMLElement>(id: string) => document.getElementById(id) as E

document.documentElement.lang = language
document.title = say.title
for (const text of document.querySelectorAll<HTMLElement>('[data-text]')) text.textContent = say[text.dataset.text as keyof Texts]
for (const link of document.querySelectorAll<HTMLAnchorElement>('[data-language]')) {
  asked.set('lang', link.dataset.language ?? 'ko')
  link.search = asked.toString()
}
at<HTMLAnchorElement>('draw').search = new URLSearchParams({ show: showId, lang: language }).toString()
await main().catch(() => status(say.unreachable))

type Page = { items: ChainedLine[]; next: string | null; complete: boolean }

async function main() {
  if (!/^[0-9a-f-]{36}$/.test(showId)) return status(say.missing)
  const replay = createReplay(sha256)
  let read = 0
  let page: Page | undefined
  do {
    status(`${say.loading}: ${read.toLocaleString(language)}`)
    page = await pageAfter(page?.next ?? undefined)
    if (!page) return status(say.none)
    for (const line of page.items) replay.add(line)
    read += page.items.length
  } while (page.next !== null)
  tell(replay.end(), read)
  status(page.complete ? say.whole : say.running)
}

/** Undefined: there is no such line. Too fast, it waits as long as it is told. */
async function pageAfter(cursor: string | undefined): Promise<Page | undefined> {
  const query = new URLSearchParams({ limit: String(pageMax), ...(cursor === undefined ? {} : { cursor }) })
  const answer = await fetch(`/api/shows/${showId}/audit?${query}`)
  if (answer.status === 404) return undefined
  if (answer.status === 429) {
    await new Promise((done) => setTimeout(done, 1_000 * Number(answer.headers.get('retry-after') ?? 1)))
    return pageAfter(cursor)
  }
  if (!answer.ok) throw new Error(`the record answered ${answer.status}`)
  return answer.json() as Promise<Page>
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

function element(name: string, text: string) {
  const made = document.createElement(name)
  made.textContent = text
  return made
}

function status(text: string) {
  at('status').textContent = text
}
