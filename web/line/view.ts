import { clock, timeOf, when, won } from '../language.ts'
import { serverNow } from '../client.ts'
import type { LineView } from '../../src/line-client/view.ts'
import type { LineState } from './source.ts'
import { wordsNow } from './words.ts'

export type Action = 'story' | 'signIn' | 'join' | 'code' | 'enter' | 'wake' | 'takeOver' | 'resend' | 'home' | 'again'
/** One state of the page, in words. `big` is the huge figure, `urgent` is said at once. */
export type View = {
  kind: string
  title: string
  body: string
  big?: string
  picture?: { total: number; admitted: number; mine: number }
  range?: string
  figures?: string
  note?: string
  actions: { id: Action; text: string }[]
  checks?: { ok: boolean; text: string }[]
  until?: number
  urgent?: boolean
  mayLeave?: boolean
}
export type Extra = { signedIn: boolean; refused: string | undefined; sent: boolean }

/** What the page shows for what it knows; the first thing that matters wins. */
export function viewOf(state: LineState, extra: Extra): View {
  const words = wordsNow()
  if (!extra.signedIn) return { kind: 'sign-in', ...words.signIn, actions: [{ id: 'signIn', text: words.signIn.button }] }
  const { problem, place } = state
  if (problem && problem.code !== 'place_unknown') return refusedView(state, problem.code)
  if (problem) return { kind: 'join', ...words.join, actions: [{ id: 'join', text: words.join.button }] }
  if (!place) return { kind: 'loading', title: words.loading, body: '', actions: [] }
  if (extra.refused === 'email_unverified') return { kind: 'unverified', ...words.unverified, body: extra.sent ? words.unverified.sent : words.unverified.body, mayLeave: true, actions: [{ id: 'enter', text: words.unverified.enter }, { id: 'resend', text: words.unverified.button }] }
  if (extra.refused === 'pass_elsewhere') return { kind: 'elsewhere', ...words.elsewhere, actions: [{ id: 'takeOver', text: words.elsewhere.button }] }
  switch (place.status) {
    case 'called': return calledView(place.until)
    case 'asleep': return { kind: 'asleep', ...words.asleep, mayLeave: true, actions: [{ id: 'wake', text: words.asleep.button }] }
    case 'woken': return { kind: 'woken', ...words.woken, mayLeave: true, actions: [] }
    case 'inside': return { kind: 'inside', title: words.inside.title, body: place.until ? words.inside.body(timeOf(place.until)) : '', mayLeave: true, actions: [{ id: 'enter', text: words.inside.button }] }
    case 'ending':
    case 'ended': return endedView(place.endedReason ?? '')
    default: return waitingView(state, place)
  }
}

/** A place that ended with its line cannot be taken anew; any other may be, at the end. */
function endedView(reason: string): View {
  const { ended, closed } = wordsNow()
  const over = ended.over[reason]
  if (over !== undefined) return { kind: 'closed', title: closed.title, body: `${over} ${closed.body}`, actions: [{ id: 'home', text: closed.button }] }
  return { kind: 'ended', title: ended.title, body: `${ended.reasons[reason] ?? ''} ${ended.body}`.trim(), actions: [{ id: 'join', text: ended.button }] }
}

function refusedView({ problem, show }: LineState, code: string): View {
  const words = wordsNow()
  if (code === 'rate_limited') {
    const { perMinute, retryAfterSeconds } = problem?.params ?? {}
    // only joins may be appealed
    return { kind: 'slow-lane', title: titleOf(problem), body: words.slowLane.body(Number(retryAfterSeconds), perMinute === undefined ? undefined : Number(perMinute)), actions: perMinute ? [{ id: 'story', text: words.slowLane.button }] : [] }
  }
  if (code === 'code_required' || code === 'code_wrong') return { kind: 'code', ...words.code, note: code === 'code_wrong' ? (problem?.message ?? '') : '', actions: [{ id: 'code', text: words.code.button }] }
  if (code === 'line_closed') return { kind: 'closed', ...words.closed, actions: [{ id: 'home', text: words.closed.button }] }
  if (code === 'line_not_open') {
    const opensAt = problem?.params.opensAt
    const known = typeof opensAt === 'string' || typeof opensAt === 'number'
    return { kind: 'not-open', title: words.notOpen.title, body: known ? words.notOpen.body(when(opensAt, show?.timeZone)) : words.notOpen.soon, actions: [] }
  }
  return { kind: 'problem', title: titleOf(problem) || words.problem, body: problem?.next ?? '', actions: [{ id: 'again', text: words.again }] }
}

/** The server's sentence as a title, which ends without a stop. */
const titleOf = (problem: LineState['problem']) => (problem?.message ?? '').replace(/\.$/, '')

function calledView(until: string | null): View {
  const words = wordsNow()
  const end = until ? Date.parse(until) : undefined
  return {
    kind: 'called', title: words.called.title, body: until ? words.called.body(timeOf(until)) : '', urgent: true, mayLeave: true,
    actions: [{ id: 'enter', text: words.called.button }],
    ...(end === undefined ? {} : { until: end, big: clock(end - serverNow()) }),
  }
}

/** Before the draw nobody has a position: the page counts down and shows what is still to be done. */
function lobbyView({ view, lobby }: LineState, phase: string): View {
  const words = wordsNow()
  const left = view?.opensAt ? Date.parse(view.opensAt) - serverNow() : undefined
  const checks = lobby?.checks
  return {
    kind: 'lobby', title: words.lobby.title, body: phase === 'sealed' ? words.lobby.sealed : words.lobby.body, mayLeave: true, actions: [], note: noteOf(view),
    ...(left === undefined ? {} : { big: clock(left) }),
    ...(checks ? { checks: [
      { ok: checks.verified === true, text: words.lobby.verified },
      { ok: checks.window.ok, text: words.lobby.window },
      { ok: checks.wallet?.ok === true, text: checks.wallet && !checks.wallet.ok ? words.lobby.wallet(won(checks.wallet.wanted - checks.wallet.balance)) : words.lobby.walletOk },
    ] } : {}),
  }
}

/** Why it goes slower, as far as the line says, and what the operator says. */
function noteOf(view: LineView | undefined): string {
  const words = wordsNow()
  return [words.reasons[view?.reason ?? ''] ?? '', view?.message ?? ''].filter(Boolean).join(' ')
}

function waitingView(state: LineState, place: NonNullable<LineState['place']>): View {
  const words = wordsNow()
  const { frame, view, show } = state
  const phase = view?.phase ?? place.phase
  const position = view?.position ?? place.position
  if (position === null) return lobbyView(state, phase)
  const seats = view?.seats ?? undefined
  const base = {
    big: position.toLocaleString(), mayLeave: true, actions: [],
    picture: { total: frame?.last ?? place.number, admitted: frame?.admittedThrough ?? 0, mine: (frame?.admittedThrough ?? 0) + position + 1 },
    range: view?.wait ? words.waiting.range(Math.floor(view.wait.low / 60), Math.ceil(view.wait.high / 60)) : words.waiting.still,
    note: noteOf(view),
    ...(seats === undefined ? {} : { figures: words.figures(seats, position) }),
  }
  if (view?.availability === 'sold_out') return { ...base, kind: 'sold-out', ...words.soldOut }
  if (view?.availability === 'all_held') return { ...base, kind: 'all-held', title: words.allHeld.title, body: allHeldBody(show?.availability?.earliestUntil) }
  if (view?.odds === 'almost none' && seats !== undefined) return { ...base, kind: 'hopeless', title: words.hopeless.title, body: words.hopeless.body(position, seats) }
  return { ...base, kind: 'waiting', title: position === 0 ? words.waiting.next : words.waiting.title(position), body: words.waiting.body(view?.odds ? words.odds[view.odds] : '').trim() }
}

/** The first basket to run out, while that is still to come. */
function allHeldBody(until: string | undefined): string {
  const words = wordsNow()
  const left = until ? Date.parse(until) - serverNow() : 0
  return left > 0 ? words.allHeld.ends(clock(left)) : words.allHeld.body
}
