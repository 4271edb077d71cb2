/** One entry of the catalogue: what a refusal means to a person, in both languages, and what to do next. */
export type RefusalText = {
  status: number
  en: string
  ko: string
  next: { en: string; ko: string }
}
export type RefusalCatalogue = Record<string, RefusalText>

const again = { en: 'Try again in a moment with the same Idempotency-Key.', ko: '잠시 뒤 같은 Idempotency-Key로 다시 시도해 주세요.' }
const fix = { en: 'Correct the request and send it again.', ko: '요청을 고쳐 다시 보내 주세요.' }
const signIn = { en: 'Sign in and repeat the request.', ko: '로그인한 뒤 다시 시도해 주세요.' }

/** Refusals that any route may answer. Each service adds its own beside its operations. */
export const platformRefusals = {
  rush_running: { status: 409, en: 'A rush is running already.', ko: '이미 몰려오고 있어요.', next: { en: 'Wait until it is over.', ko: '끝날 때까지 기다려 주세요.' } },
  request_invalid: { status: 400, en: 'The request does not have the right form.', ko: '요청 형식이 올바르지 않아요.', next: fix },
  body_too_large: { status: 413, en: 'The request body is too large.', ko: '요청 본문이 너무 커요.', next: fix },
  media_type_unsupported: { status: 415, en: 'Send the body as application/json.', ko: '본문은 application/json으로 보내 주세요.', next: fix },
  not_found: { status: 404, en: 'There is nothing here for you.', ko: '찾으시는 것이 없어요.', next: { en: 'Check the address.', ko: '주소를 확인해 주세요.' } },
  service_absent: { status: 404, en: 'This installation does not have that part; another shop may.', ko: '여기에는 없는 기능이에요. 다른 판매처에서 맡고 있을 수 있어요.', next: { en: 'Look at /openapi.json for what there is.', ko: '/openapi.json에서 쓸 수 있는 기능을 확인해 주세요.' } },
  sign_in_required: { status: 401, en: 'You are not signed in, or your session has ended.', ko: '로그인하지 않았거나 로그인이 끝났어요.', next: signIn },
  token_expired: { status: 401, en: 'Your access token has expired.', ko: '로그인 토큰이 만료됐어요.', next: { en: 'Renew it with POST /api/sessions/refresh.', ko: 'POST /api/sessions/refresh로 새로 받아 주세요.' } },
  role_required: { status: 403, en: 'Your role does not allow this.', ko: '이 작업을 할 수 있는 권한이 없어요.', next: { en: 'Ask an operator for the role.', ko: '운영자에게 권한을 요청해 주세요.' } },
  idempotency_conflict: { status: 422, en: 'This Idempotency-Key was used with another request.', ko: '같은 Idempotency-Key로 다른 요청을 보냈어요.', next: { en: 'Use a new key for a new request.', ko: '새 요청에는 새 키를 써 주세요.' } },
  idempotency_key_invalid: { status: 400, en: 'Idempotency-Key must be 1 to 200 visible ASCII characters.', ko: 'Idempotency-Key는 보이는 ASCII 문자 1~200자여야 해요.', next: fix },
  overloaded: { status: 503, en: 'Too many requests are waiting; nothing was done.', ko: '요청이 몰려 잠시 받지 못했어요. 처리된 것은 없어요.', next: again },
  rate_limited: { status: 429, en: 'Requests are coming very fast, so we are slowing them.', ko: '요청이 너무 빨라 잠시 천천히 처리해요.', next: { en: 'Wait for the time in Retry-After.', ko: 'Retry-After만큼 기다려 주세요.' } },
  streams_full: { status: 503, en: 'Too many streams are open; the same can be asked for without one.', ko: '실시간 연결이 가득 찼어요. 연결 없이도 같은 내용을 볼 수 있어요.', next: { en: 'Ask GET …/queue or GET …/seats every few seconds, or come back after Retry-After.', ko: 'GET …/queue나 GET …/seats를 몇 초마다 확인하거나, Retry-After만큼 뒤에 다시 연결해 주세요.' } },
  outcome_unknown: { status: 503, en: 'We do not know yet whether this happened. Nothing is lost.', ko: '처리됐는지 아직 확인 중이에요. 잃은 것은 없어요.', next: again },
  shutting_down: { status: 503, en: 'This server is restarting.', ko: '서버를 다시 켜는 중이에요.', next: again },
  internal_error: { status: 500, en: 'Something unexpected happened on our side.', ko: '저희 쪽에 예상하지 못한 문제가 생겼어요.', next: { en: 'Repeat with the same Idempotency-Key; give support the request id.', ko: '같은 Idempotency-Key로 다시 시도하고, 요청 번호를 알려 주세요.' } },
} as const satisfies RefusalCatalogue
