import Type, { type Static } from 'typebox'
import { auditOperation } from '../platform/audit.ts'
import { type Api, Count, Exact, Id, Instant, operation, Text } from '../platform/contract.ts'
import type { RefusalCatalogue } from '../platform/errors.ts'
import { rootMs } from './draw-beacon.ts'
import { shopOperations, shopRefusals } from './shop-api.ts'
import { watchOperations, watchRefusals } from './watch-api.ts'

export const queueLimits = {
  capDefault: 300,
  capMax: 1_000_000,
  claimMs: 3 * 60_000,
  wokenClaimMs: 30_000,
  passMs: 10 * 60_000,
  /** from the claim, so long a pass may be renewed: longer than all a hold can be extended */
  turnMsMax: 30 * 60_000,
  admitChunkMax: 1_000,
  graceMs: 500,
  ratePerMinuteMax: 1_000_000,
  /** leading zero bits of a join's work: 2^bits hashes on average */
  workBitsMax: 22,
  /** a place may sleep so often and be woken at once; from then on it sleeps for this long, and twice as long each time */
  sleepsFree: 3,
  sleepMsMin: 30_000,
  sleepMsMax: 10 * 60_000,
  /** times a turn may move to another device */
  movesMax: 5,
  /** a pass that a client took by itself and nobody touched goes back to sleep after this */
  untouchedMs: 90_000,
  appealsMax: 5,
  evidenceDays: 90,
  recordPageMax: 1_000,
  /** a lobby is sealed so long before the opening */
  sealMs: 10_000,
  rootMs,
  /** a lobby is open at least so long, also one that opened late */
  lobbyMsMin: 30_000,
  /** after the opening, or after a later round, so long for the beacon */
  beaconWaitMs: 10_000,
  /** account hashes of a roster on one page */
  rosterPageMax: 1_000,
} as const

export const Phase = Type.Enum(['announced', 'lobby', 'sealed', 'open', 'closed'])
export const Place = Exact({
  /** of the line it stands in: the frames of the next window say nothing of it */
  windowId: Id,
  number: Count,
  /** of the place in the order of the line: its number unless the line was drawn; null until the draw */
  rank: Type.Union([Count, Type.Null()]),
  phase: Phase,
  status: Type.Enum(['waiting', 'called', 'asleep', 'woken', 'inside', 'ending', 'ended']),
  /** how many are ahead; 0 when called, woken or inside; null until the draw */
  position: Type.Union([Count, Type.Null()]),
  etaSeconds: Type.Union([Count, Type.Null()]),
  /** as seat last told; null: it has not */
  seatsLeft: Type.Union([Count, Type.Null()]),
  /** so few seats for those ahead that waiting is very unlikely to bring one; the place is kept all the same */
  hopeless: Type.Boolean(),
  /** end of the claim window while called, of the pass while inside */
  until: Type.Union([Instant, Type.Null()]),
  endedReason: Type.Union([Type.String(), Type.Null()]),
  joinedAt: Instant,
})
export type Place = Static<typeof Place>
export const Frame = Exact({
  showId: Id,
  windowId: Id,
  epoch: Count,
  phase: Phase,
  last: Count,
  /** numbers 1…rosterCount are drawn; `seed` is null until then and for a line that goes by arrival */
  rosterCount: Count,
  seed: Type.Union([Type.String(), Type.Null()]),
  admittedThrough: Count,
  live: Count,
  cap: Count,
  paused: Type.Boolean(),
  /** the operator's bound of calls a minute */
  ratePerMinute: Type.Union([Count, Type.Null()]),
  /** null until seat has told */
  seatsLeft: Type.Union([Type.Record(Type.String(), Count), Type.Null()]),
  message: Type.Union([Type.String(), Type.Null()]),
  opensAt: Instant,
  closesAt: Instant,
  at: Instant,
  /** places called a second into slots that others left, at least a cap of full passes, at most the operator's rate; 0 while the line does not move */
  rate: Type.Number({ minimum: 0 }),
  /** why it is slower than the line is used to: `paused: operator`, `slowed: payment | server | seats | operator`, `returns` */
  reason: Type.Union([Type.String(), Type.Null()]),
  /** called or inside who hold nothing yet, about */
  choosing: Count,
  availability: Type.Union([Type.Enum(['open', 'all_held', 'sold_out', 'closed']), Type.Null()]),
  left: Type.Array(Count),
  gone: Type.Array(Count),
  /** the signed document that everybody is shown: src/line-client/api.ts says what stands in it */
  document: Type.String(),
})
/** A task of one user for one show, signed, so that nothing of it is stored. */
export type WorkClaims = { userId: string; showId: string; bits: number; exp: number }
export const Work = Exact({ challenge: Text(1_000), nonce: Text(64) })
export type Work = Static<typeof Work>
const Inputs = Type.Record(Type.String(), Type.Unknown())
const Evidence = Exact({ rule: Type.String(), outcome: Type.String(), count: Count, firstAt: Instant, lastAt: Instant, inputs: Inputs })
const Note = Exact({
  showId: Id, userId: Type.Union([Id, Type.Null()]), sender: Type.Union([Type.String(), Type.Null()]), rule: Type.String(),
  outcome: Type.Enum(['slowed', 'refused']), count: Count, firstAt: Instant, lastAt: Instant, inputs: Inputs,
})
export const AppealOutcome = Type.Enum(['upheld', 'declined'])
export const Appeal = Exact({
  id: Id, showId: Id, userId: Id, text: Type.String(), filedAt: Instant, evidence: Type.Array(Evidence),
  outcome: Type.Union([AppealOutcome, Type.Null()]), answer: Type.Union([Type.String(), Type.Null()]), answeredAt: Type.Union([Instant, Type.Null()]),
})
const RecordAfter = Exact({
  part: Type.Enum(['joins', 'events']), windowId: Type.Optional(Id),
  number: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }), hash: Type.String({ pattern: '^[0-9a-f]{64}$' }),
})
export const RecordLine = Type.Object({ kind: Type.Enum(['line', 'join', 'place', 'gate']), hash: Type.String() }, { additionalProperties: true })
const Hash = Type.String({ pattern: '^[0-9a-f]{64}$' })
const HashOrNull = Type.Union([Hash, Type.Null()])
const InstantOrNull = Type.Union([Instant, Type.Null()])
/** Everything of a draw that may be known now: with the roster it is all that anybody needs to do it again. */
export const DrawDocument = Exact({
  showId: Id,
  windowId: Id,
  phase: Phase,
  opensAt: Instant,
  sealsAt: InstantOrNull,
  /** SHA-256 of the secret, out since the lobby opened */
  commitment: Hash,
  committedAt: Instant,
  beacon: Type.Union([
    Exact({
      chain: Hash,
      publicKey: Type.String(),
      genesisAt: Instant,
      periodMs: Count,
      round: Count,
      roundAt: Instant,
      /** so long after the opening the draw is done without it */
      waitMs: Count,
      signature: Type.Union([Type.String({ pattern: '^[0-9a-f]{96}$' }), Type.Null()]),
    }),
    Type.Null(),
  ]),
  sealedAt: InstantOrNull,
  rosterCount: Type.Union([Count, Type.Null()]),
  root: HashOrNull,
  rootedAt: InstantOrNull,
  secret: HashOrNull,
  seed: HashOrNull,
  drawnAt: InstantOrNull,
  /** why it proves less than it should, for ever; empty: nobody could have chosen the outcome */
  weaker: Type.Array(Type.Enum(['no_beacon', 'round_replaced', 'beacon_unreachable'])),
})
export type DrawDocument = Static<typeof DrawDocument>
/** What one account needs to find itself in the roster: account = SHA-256(nonce, user id), leaf = SHA-256(0, number, account). */
export const DrawProof = Exact({
  windowId: Id,
  number: Count,
  userId: Id,
  nonce: Hash,
  account: Hash,
  path: Type.Array(Exact({ side: Type.Enum(['left', 'right']), hash: Hash }), { maxItems: 32 }),
  root: Hash,
  rosterCount: Count,
  rank: Type.Union([Count, Type.Null()]),
})
export type DrawProof = Static<typeof DrawProof>
const ofDraw = { showId: Id, windowId: Type.Optional(Id) }
/** `hash` is SHA-256 over number (4 bytes) and user (16) of everybody who waits, in order; `last` and `eventId` say how much of the line's log it knows. */
const Hashed = { last: Count, eventId: Count, waiting: Count, hash: Type.String() }
export const LineOrder = Exact({
  windowId: Id,
  epoch: Count,
  stored: Exact(Hashed),
  /** null: there is none now, or it changed while it was read */
  copy: Type.Union([Exact({ keptIn: Type.Enum(['memory', 'redis']), ...Hashed }), Type.Null()]),
})
/** Where new frames of a show's line are told. */
export const lineChannel = (showId: string) => `line:{${showId}}`
const who = { showId: Id, userId: Id, sessionId: Id }
const lineRefusals = ['show_unknown', 'show_preparing', 'line_not_open'] as const

export const queueOperations = {
  /** Who did what, newest first. */
  audit: auditOperation,
  ...shopOperations,
  ...watchOperations,
  /** Durable and idempotent per (line, user): `created` tells a new place from one already there. */
  join: operation({
    input: Exact({ ...who, code: Type.Optional(Text(64)), work: Type.Optional(Work) }),
    output: Exact({ created: Type.Boolean(), place: Place }),
    refusals: [...lineRefusals, 'line_closed', 'line_sold_out', 'code_required', 'code_wrong', 'work_required', 'work_wrong'],
  }),
  position: operation({ input: Exact(who), output: Place, refusals: [...lineRefusals, 'place_unknown'] }),
  frame: operation({ input: Exact({ showId: Id }), output: Frame, refusals: [...lineRefusals] }),
  /**
   * Claims a turn, or renews the pass while inside (next number); takeOver binds it to this session. `auto`: the client
   * claims by itself; unless it is renewed by hand or used within 90 s, the place goes back to sleep.
   */
  pass: operation({
    input: Exact({ ...who, verified: Type.Boolean(), takeOver: Type.Optional(Type.Boolean()), auto: Type.Optional(Type.Boolean()) }),
    output: Exact({ pass: Type.String(), expiresAt: Instant, renewed: Type.Boolean() }),
    refusals: [...lineRefusals, 'place_unknown', 'not_your_turn', 'place_asleep', 'place_ended', 'pass_elsewhere', 'pass_moves_used_up', 'email_unverified', 'line_paused'],
  }),
  wake: operation({ input: Exact(who), output: Place, refusals: [...lineRefusals, 'place_unknown', 'place_ended', 'wake_too_soon'] }),
  leave: operation({ input: Exact(who), output: Exact({}), refusals: [...lineRefusals, 'place_unknown'] }),
  /** Whether this fan may stand in the line with this code, before anything is done. */
  lobby: operation({
    input: Exact({ showId: Id, userId: Type.Optional(Id), code: Type.Optional(Text(64)) }),
    output: Exact({
      windowId: Id,
      phase: Phase,
      lobbyOpensAt: InstantOrNull,
      sealsAt: InstantOrNull,
      opensAt: Instant,
      closesAt: Instant,
      /** null: may; else the code of the refusal that joining would answer */
      refusal: Type.Union([Type.Enum(['line_closed', 'code_required', 'code_wrong']), Type.Null()]),
      place: Type.Union([Place, Type.Null()]),
    }),
    refusals: [...lineRefusals],
  }),
  /** The draw of a window, by default of the present line. */
  draw: operation({ input: Exact(ofDraw), output: DrawDocument, refusals: [...lineRefusals, 'draw_unknown'] }),
  /** Account hashes of the sealed roster by number, from the number after `after` on. */
  roster: operation({
    input: Exact({ ...ofDraw, after: Count, limit: Type.Integer({ minimum: 1, maximum: queueLimits.rosterPageMax }) }),
    output: Exact({ windowId: Id, rosterCount: Count, accounts: Type.Array(Hash) }),
    refusals: [...lineRefusals, 'draw_unknown', 'draw_not_sealed'],
  }),
  proof: operation({ input: Exact({ ...ofDraw, userId: Id }), output: DrawProof, refusals: [...lineRefusals, 'draw_unknown', 'draw_not_sealed', 'place_unknown', 'place_not_drawn'] }),
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
    refusals: [...lineRefusals, 'message_too_long'],
  }),
  /** What a pause would stop, and what a close would end: turns called, passes in use, holds, places that wait. */
  clocks: operation({ input: Exact({ showId: Id }), output: Exact({ turns: Count, passes: Count, holds: Count, waiting: Count }), refusals: [...lineRefusals] }),
  /** A task for this user's join of this show; bits 0 while none is asked. */
  work: operation({
    input: Exact({ showId: Id, userId: Id }),
    output: Exact({ challenge: Type.String(), bits: Count, hashes: Count, expiresAt: Instant }),
    refusals: [...lineRefusals],
  }),
  /** The gateway tells what it decided about somebody at this gate; written within a second. It has no id: what is asked again is counted again. */
  noteGate: operation({ once: true, input: Exact({ notes: Type.Array(Note, { maxItems: 2_000 }) }), output: Exact({}) }),
  appeal: operation({
    input: Exact({ id: Id, showId: Id, userId: Id, sender: Type.Union([Type.String(), Type.Null()]), text: Text(1_000) }),
    output: Appeal,
    refusals: [...lineRefusals, 'appeals_used_up'],
  }),
  appeals: operation({ input: Exact({ showId: Id, userId: Id }), output: Exact({ appeals: Type.Array(Appeal) }) }),
  /** Unanswered appeals, oldest first, after (at, id). */
  openAppeals: operation({ input: Exact({ at: Instant, id: Id, limit: Type.Integer({ minimum: 1, maximum: 100 }) }), output: Exact({ appeals: Type.Array(Appeal) }) }),
  answerAppeal: operation({
    input: Exact({ id: Id, by: Id, outcome: AppealOutcome, answer: Text(1_000) }),
    output: Appeal,
    refusals: ['appeal_unknown', 'appeal_answered'],
  }),
  /** Who is no longer slowed before which gate, because an appeal was upheld; after (at, id) of the answers. */
  lifted: operation({
    input: Exact({ at: Instant, id: Id, limit: Type.Integer({ minimum: 1, maximum: 1_000 }) }),
    output: Exact({ lifted: Type.Array(Exact({ at: Instant, id: Id, showId: Id, userId: Id })) }),
  }),
  /** A page of the public record; `number` is the last number or event id read, `hash` that of the line before. */
  record: operation({
    input: Exact({ showId: Id, after: Type.Optional(RecordAfter), limit: Type.Integer({ minimum: 1, maximum: queueLimits.recordPageMax }) }),
    output: Exact({ lines: Type.Array(RecordLine), next: Type.Union([RecordAfter, Type.Null()]), complete: Type.Boolean() }),
    refusals: [...lineRefusals],
  }),
  /** Operator: who waits in which order, by what is stored and by the copy that counts positions. Reads the whole line. */
  order: operation({
    input: Exact({ showId: Id }),
    output: LineOrder,
    refusals: [...lineRefusals],
  }),
  /** Public keys that verify frames: the first one signs now. */
  frameKeys: operation({ input: Exact({}), output: Exact({ keys: Type.Array(Exact({ id: Type.String(), publicKey: Type.String() })) }), refusals: [] }),
  story: operation({
    input: Exact({ userId: Id, showId: Id }),
    /** `name`: what the user is called in the public record of the show; null where the queue does not know the show */
    output: Exact({
      name: Type.Union([Type.String(), Type.Null()]),
      steps: Type.Array(Exact({ at: Instant, what: Type.String(), detail: Type.Record(Type.String(), Type.Unknown()) })),
    }),
  }),
}
export type QueueApi = Api<typeof queueOperations>

const joinNext = { en: 'Join the line of this show.', ko: '이 회차의 줄에 서 주세요.' }
export const queueRefusals = {
  ...shopRefusals,
  ...watchRefusals,
  line_not_open: { status: 409, en: 'The line of this show is not open yet.', ko: '아직 줄이 열리지 않았어요.', next: { en: 'Come back when it opens (opensAt).', ko: '열리는 시각(opensAt)에 다시 와 주세요.' } },
  line_closed: { status: 409, en: 'This line is closed.', ko: '줄이 닫혔어요.', next: { en: 'Look for another date.', ko: '다른 회차를 찾아 주세요.' } },
  line_paused: { status: 409, en: 'The line is paused; all clocks of this show stand still.', ko: '줄이 잠시 멈췄어요. 모든 시간도 함께 멈춰 있어요.', next: { en: 'Wait; your place is kept.', ko: '기다려 주세요. 순번은 그대로예요.' } },
  code_required: { status: 403, en: 'This sales window needs a code.', ko: '이번 판매는 코드가 필요해요.', next: { en: 'Enter your code.', ko: '코드를 입력해 주세요.' } },
  code_wrong: { status: 403, en: 'That code does not open this sales window.', ko: '이번 판매에 쓸 수 없는 코드예요.', next: { en: 'Check the code.', ko: '코드를 확인해 주세요.' } },
  place_unknown: { status: 404, en: 'You have no place in this line.', ko: '이 줄에 순번이 없어요.', next: joinNext },
  draw_unknown: { status: 404, en: 'This line is not drawn: its places go by arrival, or its lobby is not open yet.', ko: '추첨하지 않는 줄이거나 대기실이 아직 열리지 않았어요.', next: { en: 'Look at the windows of the show (lobbyOpensAt).', ko: '회차의 판매 기간(lobbyOpensAt)을 확인해 주세요.' } },
  draw_not_sealed: { status: 409, en: 'The lobby is still open; the roster is fixed when it is sealed.', ko: '대기실이 아직 열려 있어요. 닫히면 명단이 정해져요.', next: { en: 'Come back a few seconds before the opening (sealsAt).', ko: '열리기 몇 초 전(sealsAt)에 다시 와 주세요.' } },
  place_not_drawn: { status: 409, en: 'You came after the lobby was sealed: your place follows the drawn ones, by arrival.', ko: '대기실이 닫힌 뒤에 오셨어요. 추첨된 순번 다음에 도착한 순서대로예요.', next: { en: 'Your place is at …/queue/me.', ko: '순번은 …/queue/me에서 볼 수 있어요.' } },
  place_asleep: { status: 409, en: 'Your place sleeps; it keeps its number.', ko: '순번을 재워 두었어요. 순번은 그대로예요.', next: { en: 'Wake it with POST /api/shows/:id/queue/wake.', ko: 'POST /api/shows/:id/queue/wake로 깨워 주세요.' } },
  wake_too_soon: { status: 409, en: 'Your turn came and went several times. Your place is kept.', ko: '차례가 여러 번 지나갔어요. 순번은 그대로예요.', next: { en: 'Wake it again in retryAfterSeconds; until then others are called.', ko: 'retryAfterSeconds 뒤에 다시 깨워 주세요. 그동안은 다른 분을 먼저 불러요.' } },
  place_ended: { status: 409, en: 'This place has ended.', ko: '끝난 순번이에요.', next: joinNext },
  not_your_turn: { status: 409, en: 'It is not your turn yet.', ko: '아직 차례가 아니에요.', next: { en: 'Wait; refreshing does not change your place.', ko: '기다려 주세요. 새로고침해도 순번은 그대로예요.' } },
  pass_elsewhere: { status: 409, en: 'Your pass is in use on another device.', ko: '다른 기기에서 입장권을 쓰고 있어요.', next: { en: 'Send takeOver to go on here.', ko: 'takeOver로 여기서 이어서 할 수 있어요.' } },
  line_sold_out: { status: 409, en: 'Every seat of this show is sold.', ko: '매진됐어요.', next: { en: 'Who is in line keeps the place; if a seat comes back, joining opens again. Look for another date.', ko: '줄에 계신 분의 순번은 그대로예요. 좌석이 다시 나오면 줄도 다시 열려요. 다른 회차도 찾아 보세요.' } },
  work_required: { status: 403, en: 'Joining this line asks your device for a small task first.', ko: '이 줄에 서려면 기기가 먼저 작은 계산을 해야 해요.', next: { en: 'Get it with GET /api/shows/:id/queue/work and send its answer as work.', ko: 'GET /api/shows/:id/queue/work로 받아 답을 work로 보내 주세요.' } },
  work_wrong: { status: 403, en: 'That is not the answer to a task of yours for this line.', ko: '이 줄에 쓸 수 있는 계산 답이 아니에요.', next: { en: 'Get a fresh task with GET /api/shows/:id/queue/work.', ko: 'GET /api/shows/:id/queue/work로 새로 받아 주세요.' } },
  pass_moves_used_up: { status: 409, en: 'This turn has moved to another device as often as it may.', ko: '이번 차례에 기기를 옮길 수 있는 횟수를 다 썼어요.', next: { en: 'Go on where you were last; your place and seats are kept.', ko: '마지막에 쓰던 기기에서 이어서 해 주세요. 순번과 좌석은 그대로예요.' } },
  appeals_used_up: { status: 409, en: 'You have filed as many appeals for this show as one person may.', ko: '이 회차에 낼 수 있는 이의 신청을 다 냈어요.', next: { en: 'Read the answers with GET /api/shows/:id/queue/appeals.', ko: 'GET /api/shows/:id/queue/appeals에서 답을 확인해 주세요.' } },
  appeal_unknown: { status: 404, en: 'There is no such appeal.', ko: '이의 신청을 찾을 수 없어요.', next: { en: 'Read the open ones with GET /api/operations/appeals.', ko: 'GET /api/operations/appeals에서 확인해 주세요.' } },
  appeal_answered: { status: 409, en: 'This appeal has been answered already.', ko: '이미 답한 이의 신청이에요.', next: { en: 'Read the answer; it stays as it is.', ko: '답을 확인해 주세요. 바뀌지 않아요.' } },
  message_too_long: { status: 400, en: 'This message does not fit into the frame of the line.', ko: '줄 화면에 담기에는 안내문이 너무 길어요.', next: { en: 'Say it in at most bytesMax bytes: a Latin letter takes one, a Korean one three.', ko: '바이트 수를 bytesMax까지로 줄여 주세요. 한글은 한 글자에 3바이트예요.' } },
  email_unverified: { status: 403, en: 'Verify your e-mail before you come in. Your place is kept.', ko: '들어오기 전에 이메일을 확인해 주세요. 순번은 그대로예요.', next: { en: 'Open the link we sent, or ask for a new one.', ko: '보내 드린 링크를 열거나 다시 요청해 주세요.' } },
} as const satisfies RefusalCatalogue
