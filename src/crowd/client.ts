import { setTimeout as wait } from 'node:timers/promises'
import { Pool } from 'undici'
import { createSilences } from './outages.ts'

export type Answer = { status: number; body: Record<string, unknown> & { code?: string } }
export type Send = { token?: string; key?: string; pass?: string; body?: unknown }
export type Client = ReturnType<typeof createClient>

const retryForMs = 60_000
const retryPauseMs = 100
const retryPauseMaxMs = 1_000
const connectionsMax = 400

/**
 * A careful client: a lost answer, 503 and 429 are repeated with the same key for up to a minute (a restart included),
 * because "unknown" is not "no". Everything else is returned as it is.
 */
export function createClient(url: string, onRetry: (what: 'unknown' | 'busy', code?: string) => void) {
  const { silences, asked, answered, unanswered } = createSilences()
  let isClosed = false
  const pool = new Pool(url, { connections: connectionsMax, pipelining: 1, headersTimeout: 30_000, bodyTimeout: 30_000, keepAliveTimeout: 60_000 })

  async function once(method: string, path: string, { token, key, pass, body }: Send): Promise<Answer> {
    const headers: Record<string, string> = {}
    if (token) headers.authorization = `Bearer ${token}`
    if (key) headers['idempotency-key'] = key
    if (pass) headers.pass = pass
    if (body !== undefined) headers['content-type'] = 'application/json'
    const response = await pool.request({ method: method as 'GET', path, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
    const text = await response.body.text()
    return { status: response.statusCode, body: text ? JSON.parse(text) : {} }
  }

  /** A page as a browser gets it, once: its text and headers. */
  async function page(path: string, headers: Record<string, string>, signal?: AbortSignal) {
    const { statusCode, headers: answered, body } = await pool.request({ method: 'GET', path, headers, ...(signal ? { signal } : {}) })
    return { status: statusCode, headers: answered, text: await body.text() }
  }

  async function send(method: string, path: string, options: Send = {}): Promise<Answer> {
    const startedAt = performance.now()
    for (let attempt = 0; ; attempt++) {
      let busy: Answer | undefined
      asked(Date.now())
      try {
        const answer = await once(method, path, options)
        if (answer.status !== 503) answered(Date.now())
        else unanswered()
        if (answer.status !== 503 && answer.status !== 429) return answer
        busy = answer
      } catch (error) {
        unanswered()
        if (isClosed || performance.now() - startedAt > retryForMs) throw error
      }
      if (busy && performance.now() - startedAt > retryForMs) return busy
      onRetry(busy ? 'busy' : 'unknown', busy?.body.code)
      await wait(Math.min(retryPauseMaxMs, retryPauseMs * 2 ** attempt) * (0.5 + Math.random()))
    }
  }

  const close = () => {
    isClosed = true
    return pool.destroy()
  }
  return { url, send, once, page, silences, close }
}
