import { sha256 } from '@noble/hashes/sha2.js'
import { checkDraw, checkProof, type Finding, type PublishedDraw, type PublishedProof } from '../../src/queue/draw-check.ts'
import { orderFrom } from '../../src/queue/draw-rules.ts'
import { detailIn, phaseIn } from './details.ts'
import { asked, at, element, getPatiently, isShow, language, showId, speak, status } from './proof-page.ts'
import { type Texts, texts } from './texts.ts'

/** Does a draw again in the browser, with the same lines as the server and `verify-draw`. */
type Draw = PublishedDraw & { windowId: string; phase: string }

const pageSize = 1_000
const say: Texts = speak(texts)

await main().catch(() => status(say.unreachable))

async function main() {
  if (!isShow) return status(say.missing)
  status(say.loading)
  const answer = await fetch(`/api/shows/${showId}/queue/draw${asked.has('window') ? `?window=${encodeURIComponent(asked.get('window') ?? '')}` : ''}`).catch(() => undefined)
  if (answer?.status === 404) return status(say.none)
  if (!answer?.ok) return status(say.unreachable)
  const draw = await answer.json() as Draw
  tellFacts(draw)
  tell('findings', checkDraw(sha256, draw))
  status(draw.seed === null ? say.lies : say.done)
  at<HTMLButtonElement>('roster').disabled = draw.root === null
  at<HTMLButtonElement>('mine').disabled = draw.root === null
  at('roster').addEventListener('click', () => void countRoster(draw).catch(() => status(say.unreachable)))
  at('mine').addEventListener('click', () => void checkMine(draw).catch(() => status(say.unreachable)))
  at('rank').addEventListener('submit', (event) => {
    event.preventDefault()
    const number = Number(at<HTMLInputElement>('number').value)
    at('ranked').textContent = draw.seed === null ? say.notYet : `${say.rankIs} ${orderFrom(sha256, draw.seed, draw.rosterCount ?? 0).rankOf(number).toLocaleString(language)}`
  })
}

async function countRoster(draw: Draw) {
  const accounts: string[] = []
  while (accounts.length < (draw.rosterCount ?? 0)) {
    status(`${say.counting}: ${accounts.length.toLocaleString(language)} / ${(draw.rosterCount ?? 0).toLocaleString(language)}`)
    const answer = await getPatiently(`/api/shows/${showId}/queue/draw/roster?window=${draw.windowId}&after=${accounts.length}&limit=${pageSize}`)
    if (!answer.ok) return status(say.unreachable)
    const page = await answer.json() as { accounts: string[] }
    if (page.accounts.length === 0) break
    accounts.push(...page.accounts)
  }
  tell('findings', checkDraw(sha256, draw, { accounts }))
  status(say.done)
}

/** Who is signed in on this site is known by the refresh cookie; the token it gives is kept nowhere. */
async function checkMine(draw: Draw) {
  const session = await fetch('/api/sessions/refresh', { method: 'POST' })
  if (!session.ok) return status(say.signIn)
  const { accessToken, user } = await session.json() as { accessToken: string; user: { id: string } }
  const answer = await fetch(`/api/shows/${showId}/queue/me/proof?window=${draw.windowId}`, { headers: { authorization: `Bearer ${accessToken}` } })
  if (!answer.ok) return status(answer.status === 503 ? say.unreachable : say.notIn)
  tell('own', checkProof(sha256, draw, await answer.json() as PublishedProof, user.id))
  status(say.done)
}

function tellFacts({ phase, commitment, beacon, rosterCount, root, secret, seed }: Draw) {
  const facts: [keyof Texts, string | null][] = [
    ['phase', phaseIn(language, phase)], ['commitment', commitment], ['beacon', beacon ? `${beacon.round} · ${beacon.roundAt}` : null],
    ['rosterCount', rosterCount === null ? null : rosterCount.toLocaleString(language)], ['root', root], ['secret', secret], ['seed', seed],
  ]
  at('facts').replaceChildren(...facts.flatMap(([name, value]) => [element('dt', say[name]), element('dd', value ?? (seed === null ? say.nothing : say.without))]))
}

function tell(id: string, findings: Finding[]) {
  at(id).replaceChildren(...findings.map(({ what, ok, detail }) => {
    const item = document.createElement('li')
    const verdict = ok === null ? say.notYet : ok ? say.ok : what === 'strength' ? say.weaker : say.wrong
    item.className = ok === null ? 'open' : ok ? 'ok' : 'wrong'
    item.dataset.what = what
    item.append(element('strong', `${ok === null ? '…' : ok ? '✓' : '✗'} ${say[what]}: ${verdict}`), element('small', detailIn(language, detail)))
    return item
  }))
}
