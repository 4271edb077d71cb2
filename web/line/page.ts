import '../styles/tokens.css'
import '../styles/base.css'
import '../styles/line.css'
import { get, post, Problem, serverNow } from '../client.ts'
import { chooseLanguage, clock, language } from '../language.ts'
import { accessToken, mayBeSignedIn } from '../session.ts'
import type { WirePass, WireShow } from '../wire.ts'
import { createPicture, make, write } from './dom.ts'
import { followLine, type LineState } from './source.ts'
import { type Action, type Extra, type View, viewOf } from './view.ts'
import { loadWords, wordsNow } from './words.ts'

const showId = location.pathname.split('/')[2] ?? ''
const thereMs = 60_000
const staleSeconds = 8
const againMs = 4_000
let touchedAt = Date.now()
let state: LineState | undefined
const extra: Extra = { signedIn: mayBeSignedIn(), refused: undefined, sent: false }
let entering = false
let triedAt = Number.NEGATIVE_INFINITY
let announced = { kind: '', position: Number.POSITIVE_INFINITY }

document.documentElement.lang = language()
for (const event of ['pointerdown', 'pointermove', 'keydown', 'scroll', 'touchstart']) addEventListener(event, () => { touchedAt = Date.now() }, { passive: true })

const brand = make('a', { href: '/', class: 'brand' })
const other = make('button', { type: 'button', class: 'quiet' })
const eyebrow = make('p', { class: 'eyebrow' })
const big = make('p', { class: 'big num', 'aria-hidden': 'true' })
const title = make('h1', { tabindex: '-1' })
const body = make('p')
const picture = createPicture()
const range = make('p', { class: 'range num' })
const note = make('p', { class: 'note' })
const field = make('input', { id: 'code', autocomplete: 'off', maxlength: '64' })
const label = make('label', { for: 'code' })
const codeForm = make('div', { class: 'field' }, [label, field])
const checks = make('ul', { class: 'checks' })
const actions = make('div', { class: 'actions' })
const figures = make('p', { class: 'note num' })
const summary = make('summary')
const reckon = make('details', {}, [summary, figures])
const heard = make('span')
const server = make('span', { class: 'num' })
const leave = make('button', { type: 'button', class: 'quiet' })
const story = make('a', { href: `/shows/${showId}/story`, class: 'quiet' })
const proof = make('a', { class: 'quiet' })
const live = make('div', { class: 'hush', role: 'status' })
const alertBox = make('div', { class: 'hush', role: 'alert' })
const sure = make('dialog', { 'aria-labelledby': 'sure' })
const card = make('div', { class: 'turn' }, [big, title, body])

const root = document.getElementById('line') as HTMLElement
root.append(
  make('header', { class: 'line-top' }, [brand, other]),
  make('main', {}, [eyebrow, card, picture.svg as unknown as HTMLElement, range, note, checks, codeForm, actions, reckon, live, alertBox]),
  make('footer', {}, [make('p', { class: 'note' }, [heard, server]), make('p', { class: 'row' }, [proof, story, leave])]),
  sure,
)

other.onclick = async () => {
  const next = language() === 'ko' ? 'en' : 'ko'
  await loadWords(next)
  chooseLanguage(next)
  draw()
  void readShow()
}
leave.onclick = () => {
  const words = wordsNow()
  const stay = make('button', { type: 'button', class: 'button' }, [words.stay])
  const go = make('button', { type: 'button', class: 'button stop' }, [words.leave])
  stay.onclick = () => sure.close()
  go.onclick = () => {
    sure.close()
    void line.leave()
  }
  sure.replaceChildren(make('h2', { id: 'sure' }, [words.leaveSure]), make('div', { class: 'row' }, [stay, go]))
  sure.showModal()
}

/** The pass is kept for this tab, where the hall finds it. One that the page took by itself is for who then touches the hall. */
async function enter(how: { takeOver?: true; auto?: true } = {}) {
  if (entering) return
  entering = true
  triedAt = Date.now()
  try {
    const pass = await post<WirePass>(`/api/shows/${showId}/queue/pass`, how)
    sessionStorage.setItem(`openrun.pass.${showId}`, JSON.stringify({ ...pass, ...(how.auto ? { auto: true } : {}) }))
    location.assign(`/shows/${showId}/seats`)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    // anything else passes: a pause, a lost answer
    extra.refused = error.code === 'email_unverified' || error.code === 'pass_elsewhere' ? error.code : undefined
    entering = false
    draw()
    if (extra.refused === undefined) void line.look()
  }
}

const acts: Record<Action, () => void> = {
  signIn: () => location.assign(`/sign-in?back=${encodeURIComponent(`/shows/${showId}/line#join`)}`),
  join: () => void line.join(),
  code: () => void line.join(field.value.trim()),
  enter: () => void enter(),
  takeOver: () => void enter({ takeOver: true }),
  wake: () => void line.wake(),
  home: () => location.assign('/'),
  story: () => location.assign(`/shows/${showId}/story#appeals`),
  again: () => void line.look(),
  resend: () => void post('/api/users/verification/resend').then(() => {
    extra.sent = true
    draw()
  }),
}

function draw() {
  if (!state) return
  const words = wordsNow()
  const view = viewOf(state, extra)
  root.dataset.kind = view.kind
  write(brand, words.brand)
  write(other, words.otherLanguage)
  other.lang = language() === 'ko' ? 'en' : 'ko'
  write(big, view.big ?? '')
  write(title, view.title)
  write(body, view.body)
  write(range, view.range ?? '')
  write(summary, words.oddsWhy)
  write(figures, view.figures ?? '')
  reckon.hidden = !view.figures
  codeForm.hidden = view.kind !== 'code'
  write(label, words.code.label)
  picture.svg.style.display = view.picture ? '' : 'none'
  if (view.picture) picture.draw(view.picture)
  const age = Math.max(0, Math.round((serverNow() - state.heardAt) / 1_000))
  write(note, state.offline && age >= staleSeconds ? words.offline(age) : (view.note ?? ''))
  write(heard, state.place ? `${words.heard(age)} · ` : '')
  write(server, `${words.server} ${new Date(serverNow()).toLocaleTimeString('en-GB')}`)
  write(story, extra.signedIn ? words.story : '')
  write(proof, state.frame?.draw || view.kind === 'lobby' ? words.proof : '')
  proof.setAttribute('href', `/draw-proof?show=${showId}&lang=${language()}`)
  write(leave, view.mayLeave ? words.leave : '')
  drawChecks(view)
  drawActions(view)
  announce(view)
  document.title = view.until ? words.called.bar(clock(view.until - serverNow())) : `${view.title} · ${words.brand}`
  if (view.kind === 'called' && isThere()) void enter({ auto: true })
}

function drawChecks({ checks: items = [] }: View) {
  const key = JSON.stringify(items)
  if (checks.dataset.key === key) return
  checks.dataset.key = key
  checks.hidden = items.length === 0
  const words = wordsNow().lobby
  checks.replaceChildren(...items.map(({ ok, text }) => make('li', { class: ok ? 'ok' : '' }, [make('span', { 'aria-hidden': 'true' }, [ok ? '✓' : '○']), ` ${text} `, make('span', { class: 'hush' }, [ok ? words.ok : words.open])])))
}

function drawActions(view: View) {
  const key = view.actions.map(({ id, text }) => `${id} ${text}`).join()
  if (actions.dataset.key === key) return
  actions.dataset.key = key
  const hadFocus = actions.contains(document.activeElement)
  actions.replaceChildren(...view.actions.map(({ id, text }, i) => {
    const button = make('button', { type: 'button', class: `button wide ${i === 0 ? 'primary' : ''}` }, [text])
    button.onclick = acts[id]
    return button
  }))
  if (hadFocus) (actions.querySelector('button') ?? title).focus()
}

/** Said at the first figure, at each halving, and at every change of state; never each second. */
function announce(view: View) {
  const position = state?.view?.position ?? state?.place?.position ?? 0
  const halved = view.kind === 'waiting' && position <= announced.position / 2
  if (view.kind === announced.kind && !halved) return
  announced = { kind: view.kind, position }
  const text = `${view.title}. ${view.body} ${view.range ?? ''}`
  if (view.urgent) alertBox.textContent = text
  else live.textContent = text
}

const isThere = () =>
  document.visibilityState === 'visible' && Date.now() - touchedAt < thereMs && extra.refused === undefined && Date.now() - triedAt > againMs

async function readShow() {
  const show = await get<WireShow>(`/api/shows/${showId}`, { anonymous: true })
  write(eyebrow, `${show.title} · ${show.venue}`)
}

const line = followLine(showId, (next) => {
  if (next.place?.status !== state?.place?.status) extra.refused = undefined
  state = next
  if (next.problem?.code === 'sign_in_required') extra.signedIn = false
  draw()
})

async function start() {
  state = { place: undefined, view: undefined, frame: undefined, show: undefined, lobby: undefined, problem: undefined, heardAt: serverNow(), offline: false }
  readShow().catch(() => write(eyebrow, ''))
  if (extra.signedIn) extra.signedIn = (await accessToken()) !== undefined || mayBeSignedIn()
  draw()
  if (!extra.signedIn) return
  if (location.hash !== '#join') return line.look()
  history.replaceState(null, '', location.pathname)
  await line.join()
}
setInterval(draw, 1_000)
void start()
