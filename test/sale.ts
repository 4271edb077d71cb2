import { setTimeout as wait } from 'node:timers/promises'
import { createClient } from '../src/crowd/client.ts'
import { verifyProcesses } from '../src/verify-processes.ts'

export type Fan = { token: string; pass: string }
type Sent = { token?: string; key?: string; pass?: string; body?: unknown; language?: string }
export type Asked = { status: number; retryAfter: string | null; body: Record<string, unknown> }

export const login = { email: 'operator@away.example', password: 'operator-away-1234' }
/** For a server on which `openSale` works. */
export const saleEnvironment = { OPERATOR_EMAIL: login.email, OPERATOR_PASSWORD: login.password, REHEARSALS: 'on', HOLD_SECONDS: '20' }

export async function until(isSo: () => Promise<boolean>) {
  while (!(await isSo())) await wait(50)
}

/** What a buyer does against running servers: asking once, and patiently. The last operations port is the gateway's. */
export function createSale(url: string, ...opsUrls: string[]) {
  const opsUrl = opsUrls.at(-1) as string
  const patient = createClient(url, () => undefined)

  /** Once, whatever comes. */
  async function ask(method: string, path: string, { token, key, pass, body }: Sent = {}): Promise<Asked> {
    const headers = { ...(token && { authorization: `Bearer ${token}` }), ...(key && { 'idempotency-key': key }), ...(pass && { pass }), ...(body !== undefined && { 'content-type': 'application/json' }) }
    const response = await fetch(new URL(path, url), { method, headers, signal: AbortSignal.timeout(40_000), ...(body !== undefined && { body: JSON.stringify(body) }) })
    const text = await response.text()
    return { status: response.status, retryAfter: response.headers.get('retry-after'), body: text ? JSON.parse(text) : {} }
  }

  async function openShow(fans: number, seats: number): Promise<{ showId: string; tokens: string[]; operator: string }> {
    const session = await patient.send('POST', '/api/sessions', { body: login })
    const operator = String(session.body.accessToken)
    const made = await patient.send('POST', '/api/operations/rehearsals', { token: operator, body: { fans, seats } })
    const { showId, fans: people } = made.body as unknown as { showId: string; fans: { accessToken: string }[] }
    return { showId, tokens: people.map(({ accessToken }) => accessToken), operator }
  }

  /** Inside, with money. */
  async function enter(showId: string, token: string): Promise<Fan> {
    await until(async () => (await patient.send('POST', `/api/shows/${showId}/queue`, { token, body: {} })).status < 300)
    await patient.send('POST', '/api/wallet/top-ups', { token, key: 'rich', body: { amount: 1_000_000 } })
    let pass = ''
    await until(async () => {
      const answer = await patient.send('POST', `/api/shows/${showId}/queue/pass`, { token, body: {} })
      pass = String(answer.body.pass ?? '')
      return answer.status === 201
    })
    return { token, pass }
  }

  return {
    ask, openShow, enter, send: patient.send, close: patient.close,
    /** a show on sale, and fans who are inside with money in their wallets */
    async openSale(fans: number, seats: number) {
      const { showId, tokens } = await openShow(fans, seats)
      const inside = await Promise.all(tokens.map((token) => enter(showId, token)))
      await until(async () => (await patient.send('GET', `/api/shows/${showId}/seats`)).status === 200)
      return { showId, fans: inside }
    },
    async hold({ token, pass }: Fan, showId: string, seatId: number) {
      return patient.send('POST', `/api/shows/${showId}/holds`, { token, pass, key: `hold-${seatId}`, body: { seatIds: [seatId] } })
    },
    /** from the seat to the ticket; answers the reservation and how the payment ended */
    async buy(fan: Fan, showId: string, seatId: number): Promise<{ reservationId: string; status: unknown }> {
      const held = await this.hold(fan, showId, seatId)
      const reserved = await patient.send('POST', '/api/reservations', { token: fan.token, key: `r${seatId}`, body: { holdIds: [held.body.id] } })
      const pay = () => patient.send('POST', '/api/payments', { token: fan.token, key: `p${seatId}`, body: { reservationId: reserved.body.id } })
      let paid = await pay()
      for (; paid.body.status === 'pending'; paid = await pay()) await wait(50)
      return { reservationId: String(reserved.body.id), status: paid.body.status ?? JSON.stringify([held.body, reserved.body, paid.body]) }
    },
    async verify() {
      const { violations, errors, checks } = await verifyProcesses(opsUrls, { now: Date.now, pause: () => wait(300) })
      return [...violations, ...errors, ...(checks === 0 ? ['nothing was checked'] : [])]
    },
    metric: async (name: string) => Number(new RegExp(`^${name} (.+)$`, 'm').exec(await (await fetch(new URL('/metrics', opsUrl))).text())?.[1]),
    isReady: async () => (await fetch(new URL('/readyz', opsUrl))).status === 200,
  }
}
