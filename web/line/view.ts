import { clock, language, timeOf, when, won } from '../language.ts'
import { serverNow } from '../client.ts'
import type { LineState } from './source.ts'
import { oddsOf, rangeOf } from './source.ts'
import { en, ko } from './words.ts'

export type Action = 'signIn' | 'join' | 'code' | 'enter' | 'wake' | 'takeOver' | 'resend' | 'home' | 'again'
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
export const wordsNow = () => (language() === 'ko' ? ko : en)

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
    case 'ended': return { kind: 'ended', title: words.ended.title, body: `${words.ended.reasons[place.endedReason ?? ''] ?? ''} ${words.ended.body}`.trim(), actions: [{ id: 'join', text: words.ended.button }] }
    default: return waitingView(state, place)
  }
}

function refusedView({ problem, show }: LineState, code: string): View {
  const words = wordsNow()
  if (code === 'code_required' || code === 'code_wrong') return { kind: 'code', ...words.code, note: code === 'code_wrong' ? (problem?.message ?? '') : '', actions: [{ id: 'code', text: words.code.button }] }
  if (code === 'line_closed') return { kind: 'closed', ...words.closed, actions: [{ id: 'home', text: words.closed.button }] }
  if (code === 'line_not_open') {
    const opensAt = problem?.params.opensAt
    const known = typeof opensAt === 'string' || typeof opensAt === 'number'
    return { kind: 'not-open', title: words.notOpen.title, body: known ? words.notOpen.body(when(opensAt, show?.timeZone)) : words.notOpen.soon, actions: [] }
  }
  return { kind: 'problem', title: problem?.message || words.problem, body: problem?.next ?? '', actions: [{ id: 'again', text: words.again }] }
}

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
function lobbyView({ frame, lobby }: LineState, phase: string): View {
  const words = wordsNow()
  const left = frame?.opensAt ? Date.parse(frame.opensAt) - serverNow() : undefined
  const checks = lobby?.checks
  return {
    kind: 'lobby', title: words.lobby.title, body: phase === 'sealed' ? words.lobby.sealed : words.lobby.body, mayLeave: true, actions: [],
    note: frame?.reason?.startsWith('paused') ? words.paused : (frame?.message ?? ''),
    ...(left === undefined ? {} : { big: clock(left) }),
    ...(checks ? { checks: [
      { ok: checks.verified === true, text: words.lobby.verified },
      { ok: checks.window.ok, text: words.lobby.window },
      { ok: checks.wallet?.ok === true, text: checks.wallet && !checks.wallet.ok ? words.lobby.wallet(won(checks.wallet.wanted - checks.wallet.balance)) : words.lobby.walletOk },
    ] } : {}),
  }
}

function waitingView(state: LineState, place: NonNullable<LineState['place']>): View {
  const words = wordsNow()
  const { frame, show } = state
  const { position } = place
  if (position === null) return lobbyView(state, place.phase)
  const left = show?.left?.reduce((sum, { available }) => sum + available, 0)
  const odds = left === undefined ? undefined : oddsOf(position, left)
  const base = {
    big: position.toLocaleString(), mayLeave: true, actions: [],
    picture: { total: frame?.last ?? place.number, admitted: frame?.admittedThrough ?? 0, mine: place.rank ?? place.number },
    range: place.etaSeconds === null ? words.waiting.still : words.waiting.range(...rangeOf(place.etaSeconds)),
    note: frame?.reason?.startsWith('paused') ? words.paused : (frame?.message ?? ''),
    ...(left === undefined ? {} : { figures: words.figures(left, position) }),
  }
  if (show?.availability?.state === 'sold_out') return { ...base, kind: 'sold-out', ...words.soldOut }
  if (show?.availability?.state === 'all_held') return { ...base, kind: 'all-held', ...words.allHeld }
  if (odds === 'none' && left !== undefined) return { ...base, kind: 'hopeless', title: words.hopeless.title, body: words.hopeless.body(position, left) }
  return { ...base, kind: 'waiting', title: position === 0 ? words.waiting.next : words.waiting.title(position), body: words.waiting.body(odds ? words.odds[odds] : '').trim() }
}
