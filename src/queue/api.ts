import Type, { type Static } from 'typebox'
import { auditOperation } from '../platform/audit.ts'
import { type Api, Count, Exact, Id, Instant, operation, Text } from '../platform/contract.ts'
import type { RefusalCatalogue } from '../platform/errors.ts'

export const queueLimits = {
  capDefault: 300,
  capMax: 1_000_000,
  claimMs: 3 * 60_000,
  wokenClaimMs: 30_000,
  passMs: 10 * 60_000,
  admitChunkMax: 1_000,
  graceMs: 500,
  ratePerMinuteMax: 1_000_000,
  /** leading zero bits of a join's work: 2^bits hashes on average */
  workBitsMax: 22,
} as const

export const Phase = Type.Enum(['announced', 'lobby', 'sealed', 'open', 'closed'])
export const Place = Exact({
  number: Count,
  phase: Phase,
  status: Type.Enum(['waiting', 'called', 'asleep', 'woken', 'inside', 'ending', 'ended']),
  /** how many are ahead; 0 when called, woken or inside */
  position: Count,
  etaSeconds: Type.Union([Count, Type.Null()]),
  /** end of the claim window while called, of the pass while inside */
  until: Type.Union([Instant, Type.Null()]),
  endedReason: Type.Union([Type.String(), Type.Null()]),
  joinedAt: Instant,
})
export type Place = Static<typeof Place>
export const SlowReason = Type.Enum(['payment', 'server', 'seats', 'operator'])
export const Frame = Exact({
  showId: Id,
  windowId: Id,
  epoch: Count,
  phase: Phase,
  last: Count,
  admittedThrough: Count,
  live: Count,
  cap: Count,
  paused: Type.Boolean(),
  /** why fewer come in than the cap allows; null while nothing keeps it lower */
  reason: Type.Union([SlowReason, Type.Null()]),
  /** the operator's bound of calls a minute */
  ratePerMinute: Type.Union([Count, Type.Null()]),
  /** null until seat has told */
  seatsLeft: Type.Union([Type.Record(Type.String(), Count), Type.Null()]),
  message: Type.Union([Type.String(), Type.Null()]),
  opensAt: Instant,
  closesAt: Instant,
  at: Instant,
})
const who = { showId: Id, userId: Id, sessionId: Id }
const lineRefusals = ['show_unknown', 'show_preparing', 'line_not_open'] as const

export const queueOperations = {
  /** Who did what, newest first. */
  audit: auditOperation,
  /** Durable and idempotent per (line, user): `created` tells a new place from one already there. */
  join: operation({
    input: Exact({ ...who, code: Type.Optional(Text(64)) }),
    output: Exact({ created: Type.Boolean(), place: Place }),
    refusals: [...lineRefusals, 'line_closed', 'code_required', 'code_wrong'],
  }),
  position: operation({ input: Exact(who), output: Place, refusals: [...lineRefusals, 'place_unknown'] }),
  frame: operation({ input: Exact({ showId: Id }), output: Frame, refusals: [...lineRefusals] }),
  /** Claims a turn, or renews the pass while inside (next number); takeOver binds it to this session. */
  pass: operation({
    input: Exact({ ...who, verified: Type.Boolean(), takeOver: Type.Optional(Type.Boolean()) }),
    output: Exact({ pass: Type.String(), expiresAt: Instant, renewed: Type.Boolean() }),
    refusals: [...lineRefusals, 'place_unknown', 'not_your_turn', 'place_asleep', 'place_ended', 'pass_elsewhere', 'email_unverified', 'line_paused'],
  }),
  wake: operation({ input: Exact(who), output: Place, refusals: [...lineRefusals, 'place_unknown', 'place_ended'] }),
  leave: operation({ input: Exact(who), output: Exact({}), refusals: [...lineRefusals, 'place_unknown'] }),
  /** Operator: cap, rate, message and work of the present line, or its end; a lower cap revokes nothing. */
  control: operation({
    input: Exact({
      showId: Id, by: Id,
      cap: Type.Optional(Type.Integer({ minimum: 0, maximum: queueLimits.capMax })),
      ratePerMinute: Type.Optional(Type.Union([Type.Integer({ minimum: 1, maximum: queueLimits.ratePerMinuteMax }), Type.Null()])),
      message: Type.Optional(Type.Union([Text(200), Type.Null()])),
      workBits: Type.Optional(Type.Integer({ minimum: 0, maximum: queueLimits.workBitsMax })),
      close: Type.Optional(Type.Boolean()),
    }),
    output: Frame,
    refusals: [...lineRefusals],
  }),
  /** What a pause would stop, and what a close would end: turns called, passes in use, holds, places that wait. */
  clocks: operation({ input: Exact({ showId: Id }), output: Exact({ turns: Count, passes: Count, holds: Count, waiting: Count }), refusals: [...lineRefusals] }),
  story: operation({
    input: Exact({ userId: Id, showId: Id }),
    output: Exact({ steps: Type.Array(Exact({ at: Instant, what: Type.String(), detail: Type.Record(Type.String(), Type.Unknown()) })) }),
  }),
}
export type QueueApi = Api<typeof queueOperations>

const joinNext = { en: 'Join the line of this show.', ko: '이 회차의 줄에 서 주세요.' }
export const queueRefusals = {
  line_not_open: { status: 409, en: 'The line of this show is not open yet.', ko: '아직 줄이 열리지 않았어요.', next: { en: 'Come back when it opens (opensAt).', ko: '열리는 시각(opensAt)에 다시 와 주세요.' } },
  line_closed: { status: 409, en: 'This line is closed.', ko: '줄이 닫혔어요.', next: { en: 'Look for another date.', ko: '다른 회차를 찾아 주세요.' } },
  line_paused: { status: 409, en: 'The line is paused; all clocks of this show stand still.', ko: '줄이 잠시 멈췄어요. 모든 시간도 함께 멈춰 있어요.', next: { en: 'Wait; your place is kept.', ko: '기다려 주세요. 순번은 그대로예요.' } },
  code_required: { status: 403, en: 'This sales window needs a code.', ko: '이번 판매는 코드가 필요해요.', next: { en: 'Enter your code.', ko: '코드를 입력해 주세요.' } },
  code_wrong: { status: 403, en: 'That code does not open this sales window.', ko: '이번 판매에 쓸 수 없는 코드예요.', next: { en: 'Check the code.', ko: '코드를 확인해 주세요.' } },
  place_unknown: { status: 404, en: 'You have no place in this line.', ko: '이 줄에 순번이 없어요.', next: joinNext },
  place_asleep: { status: 409, en: 'Your place sleeps; it keeps its number.', ko: '순번을 재워 두었어요. 순번은 그대로예요.', next: { en: 'Wake it with POST /api/shows/:id/queue/wake.', ko: 'POST /api/shows/:id/queue/wake로 깨워 주세요.' } },
  place_ended: { status: 409, en: 'This place has ended.', ko: '끝난 순번이에요.', next: joinNext },
  not_your_turn: { status: 409, en: 'It is not your turn yet.', ko: '아직 차례가 아니에요.', next: { en: 'Wait; refreshing does not change your place.', ko: '기다려 주세요. 새로고침해도 순번은 그대로예요.' } },
  pass_elsewhere: { status: 409, en: 'Your pass is in use on another device.', ko: '다른 기기에서 입장권을 쓰고 있어요.', next: { en: 'Send takeOver to go on here.', ko: 'takeOver로 여기서 이어서 할 수 있어요.' } },
  email_unverified: { status: 403, en: 'Verify your e-mail before you come in. Your place is kept.', ko: '들어오기 전에 이메일을 확인해 주세요. 순번은 그대로예요.', next: { en: 'Open the link we sent, or ask for a new one.', ko: '보내 드린 링크를 열거나 다시 요청해 주세요.' } },
} as const satisfies RefusalCatalogue
