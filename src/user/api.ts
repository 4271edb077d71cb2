import Type, { type Static } from 'typebox'
import { auditOperation } from '../platform/audit.ts'
import { type Api, Count, Exact, Id, Instant, operation } from '../platform/contract.ts'
import type { RefusalCatalogue } from '../platform/errors.ts'

export const userLimits = {
  accessMs: 10 * 60_000,
  rehearsalAccessMs: 60 * 60_000,
  sessionMs: 14 * 24 * 60 * 60_000,
  linkMs: 15 * 60_000,
  /** a lost answer to a refresh may be repeated this long */
  refreshRepeatMs: 5_000,
  hashingConcurrency: 1,
  hashingQueueMax: 200,
  /** of one account by one sender */
  failuresFree: 5,
  /** pauses after the failures beyond the free ones; the last repeats: at most 20 guesses an hour */
  throttleSeconds: [30, 60, 120, 240, 300],
  failureWindowMs: 15 * 60_000,
  /** the same of an account over all senders: one guesser stays below, many together are slowed to some 200 an hour */
  failuresFreeOverall: 100,
  throttleSecondsOverall: [10, 20, 30],
  failureForgottenMs: 60_000,
  rehearsalFansMax: 20_000,
  /** links of one purpose a user is sent within their fifteen minutes */
  linksMax: 3,
  mailLeaseMs: 60_000,
  mailRetryMs: 2_000,
  mailRetryMaxMs: 60_000,
  mailsPerRunMax: 50,
  endedMax: 100_000,
  profilesMax: 200,
  sweepChunkMax: 1_000,
  noteLengthMax: 1_000,
  /** about one buyer of one show */
  notesMax: 200,
} as const

export const Role = Type.Enum(['buyer', 'organiser', 'staff', 'operator'])
// neither control characters nor lone surrogates: PostgreSQL stores no NUL and one must not poison a statement
const storable = '[^\\u0000-\\u001f\\u007f\\ud800-\\udfff]*'
const Email = Type.String({ format: 'email', minLength: 3, maxLength: 254 })
const AnyEmail = Type.String({ maxLength: 254, pattern: `^${storable}$` })
const Name = Type.String({ minLength: 1, maxLength: 100, pattern: `^(?=.*\\S)${storable}$` })
const Password = Type.String({ minLength: 8, maxLength: 128 })
const AnyPassword = Type.String({ minLength: 1, maxLength: 128 })
const Sender = Type.Optional(Type.String({ maxLength: 64 }))
const Token = Type.String({ minLength: 20, maxLength: 100, pattern: '^[A-Za-z0-9_-]+$' })
/** One address has one spelling. */
export const normalise = (email: string) => email.normalize('NFC').trim().toLowerCase()
export const NoteText = Type.String({ minLength: 1, maxLength: userLimits.noteLengthMax, pattern: '\\S' })
export const Profile = Exact({ id: Id, email: Type.String(), name: Type.String(), role: Role, verified: Type.Boolean() })
export type Profile = Static<typeof Profile>
const SignedIn = Exact({ accessToken: Type.String(), expiresAt: Instant, refreshToken: Type.String(), refreshUntil: Instant, user: Profile })
const Done = Exact({})

export const userOperations = {
  /** Who did what, newest first. */
  audit: auditOperation,
  /** Creates the account and sends a verification link; the same userId with the same request gives the same account. */
  signUp: operation({ input: Exact({ userId: Type.Optional(Id), email: Email, name: Name, password: Password, from: Sender }), output: Profile, refusals: ['email_taken'] }),
  /** `from` is where a password came from, for its throttle. */
  signIn: operation({ input: Exact({ email: AnyEmail, password: AnyPassword, from: Sender }), output: SignedIn, refusals: ['login_failed', 'login_throttled'] }),
  /** Rotates the refresh token; presenting an old one ends the session. */
  refresh: operation({ once: true, input: Exact({ refreshToken: Token }), output: SignedIn, refusals: ['sign_in_required'] }),
  signOut: operation({ input: Exact({ userId: Id, sessionId: Id }), output: Done }),
  sessionLive: operation({ input: Exact({ sessionId: Id, userId: Id, epoch: Count }), output: Exact({ live: Type.Boolean(), role: Role, verified: Type.Boolean() }) }),
  /** Sessions that ended and epochs that rose since an instant, and older ones whose tokens still live; too many: `overloaded`, never a part. */
  endedSince: operation({
    input: Exact({ since: Instant }),
    output: Exact({ sessionIds: Type.Array(Id), users: Type.Array(Exact({ userId: Id, epoch: Count })) }),
  }),
  profile: operation({ input: Exact({ userId: Id }), output: Profile, refusals: ['user_unknown'] }),
  /** For support: who this is, or null, with a row in the audit either way; neither id nor address is a search that found nobody. */
  lookUp: operation({
    input: Exact({ userId: Type.Optional(Id), email: Type.Optional(AnyEmail), showId: Id, by: Id }),
    output: Exact({ profile: Type.Union([Profile, Type.Null()]) }),
  }),
  /** For naming staff: who has verified this address, or null, with a row in the audit either way. */
  findStaff: operation({ input: Exact({ email: AnyEmail, concertId: Id, by: Id }), output: Exact({ profile: Type.Union([Profile, Type.Null()]) }) }),
  /** Those of these who still have an account. */
  profiles: operation({ input: Exact({ userIds: Type.Array(Id, { maxItems: userLimits.profilesMax }) }), output: Exact({ profiles: Type.Array(Profile) }) }),
  /** What support writes down about a buyer of a show; it stays as it is and goes with the account. */
  note: operation({ input: Exact({ noteId: Id, userId: Id, showId: Id, text: NoteText, by: Id }), output: Exact({ id: Id, at: Instant, author: Id, text: Type.String() }), refusals: ['user_unknown', 'notes_used_up'] }),
  /** Newest first. */
  notes: operation({
    input: Exact({ userId: Id, showId: Id }),
    output: Exact({ notes: Type.Array(Exact({ id: Id, at: Instant, author: Id, authorName: Type.String(), text: Type.String() })) }),
  }),
  setRole: operation({ once: true, input: Exact({ userId: Id, role: Role, by: Id }), output: Profile, refusals: ['user_unknown'] }),
  verifyEmail: operation({ once: true, input: Exact({ token: Token }), output: Done, refusals: ['link_invalid'] }),
  resendVerification: operation({ input: Exact({ userId: Id }), output: Done, refusals: ['user_unknown'] }),
  /** Always the same answer, whether the address exists or not. */
  requestReset: operation({ input: Exact({ email: AnyEmail }), output: Done }),
  resetPassword: operation({ once: true, input: Exact({ token: Token, password: Password }), output: Done, refusals: ['link_invalid'] }),
  changePassword: operation({ once: true, input: Exact({ userId: Id, sessionId: Id, password: AnyPassword, newPassword: Password, from: Sender }), output: Done, refusals: ['user_unknown', 'login_failed', 'login_throttled'] }),
  export: operation({
    input: Exact({ userId: Id }),
    output: Exact({ profile: Profile, createdAt: Instant, sessions: Type.Array(Exact({ id: Id, createdAt: Instant, endedAt: Type.Union([Instant, Type.Null()]) })), notes: Type.Array(Exact({ at: Instant, showId: Id, text: Type.String() })) }),
    refusals: ['user_unknown'],
  }),
  erase: operation({ once: true, input: Exact({ userId: Id, password: AnyPassword, from: Sender }), output: Done, refusals: ['user_unknown', 'login_failed', 'login_throttled'] }),
  /** Verified fans with sessions, for rehearsals only. */
  rehearse: operation({
    once: true,
    input: Exact({ count: Type.Integer({ minimum: 1, maximum: userLimits.rehearsalFansMax }), by: Id }),
    output: Exact({ fans: Type.Array(Exact({ userId: Id, accessToken: Type.String() })) }),
  }),
}
export type UserApi = Api<typeof userOperations>

export const userRefusals = {
  email_taken: { status: 409, en: 'There is already an account with this e-mail.', ko: '이미 가입된 이메일이에요.', next: { en: 'Sign in, or reset the password.', ko: '로그인하거나 비밀번호를 다시 정해 주세요.' } },
  login_failed: { status: 401, en: 'E-mail or password is not right.', ko: '이메일이나 비밀번호가 맞지 않아요.', next: { en: 'Check both, or reset the password.', ko: '다시 확인하거나 비밀번호를 다시 정해 주세요.' } },
  login_throttled: { status: 429, en: 'Too many tries; wait a little.', ko: '여러 번 시도하셨어요. 잠시 기다려 주세요.', next: { en: 'Wait for the time in Retry-After, or reset the password.', ko: 'Retry-After만큼 기다리거나 비밀번호를 다시 정해 주세요.' } },
  link_invalid: { status: 409, en: 'This link was used, has expired or is not ours.', ko: '이미 썼거나 시간이 지난 링크예요.', next: { en: 'Ask for a new link.', ko: '새 링크를 요청해 주세요.' } },
  user_unknown: { status: 404, en: 'There is no such user.', ko: '그런 사용자가 없어요.', next: { en: 'Check the id.', ko: '아이디를 확인해 주세요.' } },
  notes_used_up: { status: 409, en: 'There are as many notes about this buyer as one show keeps.', ko: '이 구매자에 대한 메모가 가득 찼어요.', next: { en: 'Read the notes that are there.', ko: '남아 있는 메모를 확인해 주세요.' } },
  balance_left: { status: 409, en: 'There is still money in your wallet.', ko: '지갑에 돈이 남아 있어요.', next: { en: 'Withdraw it with POST /api/wallet/withdrawals, or erase the account with payOut: true to have it sent back.', ko: 'POST /api/wallet/withdrawals로 먼저 출금하거나, payOut: true로 돈을 돌려받으며 계정을 지워 주세요.' } },
  cross_site: { status: 403, en: 'This request came from another site.', ko: '다른 사이트에서 온 요청이에요.', next: { en: 'Send it from this site.', ko: '이 사이트에서 다시 시도해 주세요.' } },
} as const satisfies RefusalCatalogue
