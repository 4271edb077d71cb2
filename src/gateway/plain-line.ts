import type { FastifyReply, FastifyRequest } from 'fastify'
import { type App, IdParams } from '../platform/http.ts'
import { Refusal } from '../platform/outcome.ts'
import { clearRefreshCookie, refreshTokenOf, setRefreshCookie } from '../platform/refresh-cookie.ts'
import type { Place, QueueApi } from '../queue/api.ts'
import type { UserApi } from '../user/api.ts'
import { catalogue } from './catalogue.ts'
import { pageHeaders, prefersKorean } from './web.ts'

const refreshSeconds = 10
type Deps = { user: Pick<UserApi, 'refresh'>; queue: Pick<QueueApi, 'position'>; secure: boolean }
type Text = { title: string; body: string }

/** The line without scripts: the server renders the same figures, and the page asks again by itself. */
export function plainLineRoutes(app: App, { user, queue, secure }: Deps) {
  app.get('/shows/:id/line/plain', { config: { access: { allow: 'public' } }, schema: { hide: true, params: IdParams } }, async (request, reply) => {
    const korean = prefersKorean(request)
    pageHeaders(reply, secure, "style-src 'unsafe-inline'")
    return reply.send(render(korean, await placeText({ user, queue, secure }, request, reply, korean)))
  })
}

async function placeText({ user, queue, secure }: Deps, request: FastifyRequest & { params: { id: string } }, reply: FastifyReply, korean: boolean): Promise<Text> {
  const refreshToken = refreshTokenOf(request, secure)
  if (!refreshToken) return korean ? unknown.ko : unknown.en
  try {
    const session = await user.refresh({ refreshToken })
    setRefreshCookie(reply, session, secure)
    const place = await queue.position({ showId: request.params.id, userId: session.user.id, sessionId: session.user.id })
    return wordsOf(place, korean)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    if (error.code === 'sign_in_required') {
      clearRefreshCookie(reply, secure)
      return korean ? unknown.ko : unknown.en
    }
    const entry = catalogue[error.code]
    return { title: (korean ? entry?.ko : entry?.en) ?? error.code, body: (korean ? entry?.next.ko : entry?.next.en) ?? '' }
  }
}

const unknown = {
  ko: { title: '로그인하면 순번이 보여요', body: '줄을 서려면 자바스크립트를 켜고 로그인해 주세요.' },
  en: { title: 'Sign in to see your place', body: 'To join the line, turn JavaScript on and sign in.' },
}

/** What the page says of a place; the words are those of the page with scripts. */
export const wordsOf = (place: Place, korean: boolean): Text => (korean ? koreanOf(place) : englishOf(place))

function koreanOf({ status, position, etaSeconds }: Place): Text {
  if (status === 'waiting' && position === null) return { title: '대기실에 들어와 있어요', body: '여는 시각에 순번을 추첨해요. 일찍 와도 순서는 앞당겨지지 않아요.' }
  if (status === 'woken') return { title: '바로 다음 차례예요', body: '자리가 나면 바로 불러요. 그때 자바스크립트를 켜고 들어와 주세요.' }
  if (status === 'waiting') return { title: position === 0 ? '바로 다음이에요' : `앞에 ${(position ?? 0).toLocaleString('ko-KR')}명 있어요`, body: `${etaSeconds === null ? '' : `약 ${minutes(etaSeconds)}분 남았어요. `}창을 닫아도 순번은 그대로예요.` }
  if (status === 'called') return { title: '입장할 차례예요', body: '자바스크립트를 켜고 들어와 주세요. 놓쳐도 순번은 사라지지 않아요.' }
  if (status === 'asleep') return { title: '순번을 재워 두었어요', body: '자바스크립트를 켜고 들어오면 바로 다음 차례로 불러 드려요.' }
  if (status === 'inside') return { title: '안에 들어와 있어요', body: '자바스크립트를 켜고 좌석을 골라 주세요.' }
  return { title: '끝난 순번이에요', body: '다시 줄을 서려면 자바스크립트를 켜 주세요.' }
}

function englishOf({ status, position, etaSeconds }: Place): Text {
  if (status === 'waiting' && position === null) return { title: 'You are in the lobby', body: 'Places are drawn at the opening. Arriving earlier does not move you forward.' }
  if (status === 'woken') return { title: 'You are next', body: 'We call you as soon as there is room. Turn JavaScript on then and come in.' }
  if (status === 'waiting') return { title: aheadOf(position ?? 0), body: `${etaSeconds === null ? '' : `About ${counted(minutes(etaSeconds), 'minute')}. `}Closing this page does not change your place.` }
  if (status === 'called') return { title: 'It’s your turn', body: 'Turn JavaScript on and come in. If you miss it, your place still waits for you.' }
  if (status === 'asleep') return { title: 'We kept your place while you were away', body: 'Turn JavaScript on and you are called next.' }
  if (status === 'inside') return { title: 'You are inside', body: 'Turn JavaScript on to choose seats.' }
  return { title: 'This place has ended', body: 'Turn JavaScript on to join again.' }
}

const counted = (count: number, one: string) => (count === 1 ? `1 ${one}` : `${count.toLocaleString('en-GB')} ${one}s`)
const aheadOf = (position: number) =>
  position === 0 ? 'You are next' : position === 1 ? '1 person is ahead of you' : `${position.toLocaleString('en-GB')} people are ahead of you`
const minutes = (seconds: number) => Math.max(1, Math.ceil(seconds / 60))

/** Every text here is ours: nothing a stranger wrote stands on this page. */
function render(korean: boolean, { title, body }: Text) {
  const note = korean ? `${refreshSeconds}초마다 저절로 새로 고쳐요.` : `This page refreshes itself every ${refreshSeconds} seconds.`
  return `<!doctype html><html lang="${korean ? 'ko' : 'en'}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta http-equiv="refresh" content="${refreshSeconds}"><title>${title}</title><style>:root{color-scheme:light dark}body{max-width:32em;margin:12vh auto;padding:0 16px;font:18px/1.6 system-ui,sans-serif;background:light-dark(#FAF8F3,#131218);color:light-dark(#1D1B22,#F3F0E8)}h1{line-height:1.28;text-wrap:balance}small{color:light-dark(#55515E,#B9B4C0)}</style></head><body><main><h1>${title}</h1><p>${body}</p><p><small>${note}</small></p></main></body></html>`
}
