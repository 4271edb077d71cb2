import Type, { type Static } from 'typebox'
import { type Api, Count, Exact, Id, Instant, operation, Text } from '../platform/contract.ts'
import type { RefusalCatalogue } from '../platform/errors.ts'
import { shopOperations, shopRefusals } from './shop-api.ts'

export const queueLimits = {
  capDefault: 300,
  capMax: 1_000_000,
  claimMs: 3 * 60_000,
  wokenClaimMs: 30_000,
  passMs: 10 * 60_000,
  admitChunkMax: 1_000,
  graceMs: 500,
  /** a lobby is sealed so long before the opening */
  sealMs: 10_000,
  /** from sealing, so long for the root to be out before the beacon's round is */
  rootMs: 5_000,
  /** a lobby is open at least so long, also one that opened late */
  lobbyMsMin: 30_000,
  /** after the opening, or after a later round, so long for the beacon */
  beaconWaitMs: 10_000,
  /** account hashes of a roster on one page */
  rosterPageMax: 2_000,
} as const

export const Phase = Type.Enum(['announced', 'lobby', 'sealed', 'open', 'closed'])
export const Place = Exact({
  number: Count,
  /** of the place in the order of the line: its number unless the line was drawn; null until the draw */
  rank: Type.Union([Count, Type.Null()]),
  phase: Phase,
  status: Type.Enum(['waiting', 'called', 'asleep', 'woken', 'inside', 'ending', 'ended']),
  /** how many are ahead; 0 when called, woken or inside; null until the draw */
  position: Type.Union([Count, Type.Null()]),
  etaSeconds: Type.Union([Count, Type.Null()]),
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
  message: Type.Union([Type.String(), Type.Null()]),
  opensAt: Instant,
  closesAt: Instant,
  at: Instant,
  /** places called a second; 0 while nobody is called */
  rate: Type.Number({ minimum: 0 }),
  reason: Type.Union([Type.String(), Type.Null()]),
  availability: Type.Union([Type.Enum(['open', 'all_held', 'sold_out', 'closed']), Type.Null()]),
  left: Type.Array(Count),
  gone: Type.Array(Count),
  /** the signed document that everybody is shown: src/line-client/api.ts says what stands in it */
  document: Type.String(),
})
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
  ...shopOperations,
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
  /** Operator: the cap and the message of the present line; a lower cap revokes nothing. */
  control: operation({
    input: Exact({ showId: Id, by: Id, cap: Type.Optional(Type.Integer({ minimum: 0, maximum: queueLimits.capMax })), message: Type.Optional(Type.Union([Text(200), Type.Null()])), close: Type.Optional(Type.Boolean()) }),
    output: Frame,
    refusals: [...lineRefusals, 'message_too_long'],
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
    output: Exact({ steps: Type.Array(Exact({ at: Instant, what: Type.String(), detail: Type.Record(Type.String(), Type.Unknown()) })) }),
  }),
}
export type QueueApi = Api<typeof queueOperations>

const joinNext = { en: 'Join the line of this show.', ko: '이 회차의 줄에 서 주세요.' }
export const queueRefusals = {
  ...shopRefusals,
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
  place_ended: { status: 409, en: 'This place has ended.', ko: '끝난 순번이에요.', next: joinNext },
  not_your_turn: { status: 409, en: 'It is not your turn yet.', ko: '아직 차례가 아니에요.', next: { en: 'Wait; refreshing does not change your place.', ko: '기다려 주세요. 새로고침해도 순번은 그대로예요.' } },
  pass_elsewhere: { status: 409, en: 'Your pass is in use on another device.', ko: '다른 기기에서 입장권을 쓰고 있어요.', next: { en: 'Send takeOver to go on here.', ko: 'takeOver로 여기서 이어서 할 수 있어요.' } },
  message_too_long: { status: 400, en: 'This message does not fit into the frame of the line.', ko: '줄 화면에 담기에는 안내문이 너무 길어요.', next: { en: 'Say it in at most bytesMax bytes: a Latin letter takes one, a Korean one three.', ko: '바이트 수를 bytesMax까지로 줄여 주세요. 한글은 한 글자에 3바이트예요.' } },
  email_unverified: { status: 403, en: 'Verify your e-mail before you come in. Your place is kept.', ko: '들어오기 전에 이메일을 확인해 주세요. 순번은 그대로예요.', next: { en: 'Open the link we sent, or ask for a new one.', ko: '보내 드린 링크를 열거나 다시 요청해 주세요.' } },
} as const satisfies RefusalCatalogue
