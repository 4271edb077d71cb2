import type { Language, Walk } from './scene.ts'
import { draw } from './walks/draw.ts'
import { hall } from './walks/hall.ts'
import { late, lateEnvironment } from './walks/late.ts'
import { door, turn, waiting } from './walks/line.ts'
import { operator } from './walks/operator.ts'
import { organiser } from './walks/organiser.ts'
import { booked, own } from './walks/own.ts'
import { purchase } from './walks/purchase.ts'
import { shop } from './walks/shop.ts'
import { sign } from './walks/sign.ts'

/** A group is checked in one test file. */
export type Group = 'shop' | 'line' | 'hall' | 'own' | 'organiser'
/** `pages` are photographed in every light, size and language, other `states` once in each language; checked in `language`. */
export type Part = { group: Group; language: Language; walk: Walk; environment?: Record<string, string>; pages: string[]; states: string[] }

/** Every page and state of the app, by how it is reached: axe looks at all of them, and so does the camera. A new page is a line here. */
export const parts: Record<string, Part> = {
  shop: { group: 'shop', language: 'ko', walk: shop, pages: ['home', 'concert', 'audit-proof'], states: ['home-none', 'home-offline', 'concert-announced', 'concert-soon', 'concert-lobby', 'concert-codes', 'concert-all-held', 'concert-sold-out', 'concert-closed', 'concert-cancelled', 'not-found'] },
  sign: { group: 'shop', language: 'en', walk: sign, pages: ['sign-in', 'sign-up'], states: ['sign-needed', 'sign-in-wrong', 'sign-up-missing', 'forgot', 'forgot-sent', 'reset', 'reset-done', 'reset-used', 'verify', 'verify-used'] },
  door: { group: 'shop', language: 'ko', walk: door, pages: [], states: ['line-stranger', 'line-join', 'line-code', 'line-not-open', 'line-sold-out-before', 'line-unverified'] },
  waiting: { group: 'line', language: 'en', walk: waiting, pages: ['line-waiting'], states: ['line-paused', 'line-offline', 'line-leave', 'line-ended', 'line-slowed', 'line-hopeless', 'line-plain'] },
  turn: { group: 'line', language: 'ko', walk: turn, pages: ['line-turn'], states: ['line-nearly', 'line-inside', 'line-elsewhere', 'line-all-held', 'line-sold-out', 'line-closed'] },
  draw: { group: 'line', language: 'en', walk: draw, pages: ['lobby', 'draw-proof'], states: ['draw-committed', 'line-sealed', 'line-drawn', 'lobby-ready'] },
  hall: { group: 'hall', language: 'ko', walk: hall, pages: ['hall', 'hall-list', 'hall-lost'], states: ['hall-loading', 'hall-chosen', 'hall-limit', 'hall-standing', 'hall-stale', 'hall-elsewhere', 'hall-all-held', 'hall-sold-out', 'hall-no-pass', 'hall-yours'] },
  purchase: { group: 'hall', language: 'en', walk: purchase, pages: ['checkout', 'paying', 'done'], states: ['checkout-let-go', 'checkout-missing', 'checkout-declined', 'paying-unknown'] },
  booked: { group: 'own', language: 'en', walk: booked, pages: ['reservations', 'reservation'], states: ['reservations-none', 'reservation-pending', 'reservation-cancel', 'reservation-part-cancelled', 'reservation-past', 'reservation-cancelled'] },
  own: { group: 'own', language: 'ko', walk: own, pages: ['wallet', 'account', 'story'], states: ['wallet-empty', 'wallet-waiting', 'wallet-withdrawal', 'story-appeal', 'story-appeal-sent', 'story-appeal-answered', 'story-none', 'account-erase', 'account-unverified'] },
  late: { group: 'own', language: 'ko', walk: late, environment: lateEnvironment, pages: [], states: ['home-empty', 'line-slow-lane', 'checkout-ending', 'checkout-extended', 'line-asleep', 'checkout-expired', 'reservation-expired'] },
  organiser: { group: 'organiser', language: 'en', walk: organiser, pages: ['organiser', 'own-concert', 'own-show', 'hall-editor', 'sales', 'buyers'], states: ['organiser-empty'] },
  operator: { group: 'hall', language: 'ko', walk: operator, pages: ['war-room'], states: [] },
}
