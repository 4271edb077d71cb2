import { language } from './language.ts'
import { accessToken, mayBeSignedIn, renewSession } from './session.ts'

/** A refusal of the server, with its sentence and next step in the reader's language; `unknown` when no answer came. */
export class Problem extends Error {
  readonly code: string
  readonly status: number
  readonly next: string
  readonly requestId: string
  readonly params: Record<string, unknown>
  constructor(status: number, body: Record<string, unknown>) {
    super(String(body.title ?? body.code ?? status))
    this.code = String(body.code ?? 'internal_error')
    this.status = status
    this.next = String(body.next ?? '')
    this.requestId = String(body.requestId ?? '')
    this.params = body
  }
}
/** Nobody answered: what was asked may have happened. */
export const isUnknown = (error: unknown) => error instanceof Problem && (error.code === 'unreachable' || error.code === 'outcome_unknown')

export type Ask = { body?: unknown; key?: string | undefined; pass?: string | undefined; version?: number | undefined; anonymous?: boolean; signal?: AbortSignal }
let offsetMs = 0
/** The server's clock, from its answers: good to about a second. */
export const serverNow = () => Date.now() + offsetMs

/**
 * Asks the API and answers its JSON; throws a Problem. A token that ran out, or that a new role made old, is renewed once,
 * unseen: only the cookie knows whether somebody is still signed in.
 */
export async function ask<T>(method: string, path: string, options: Ask = {}): Promise<T> {
  const token = options.anonymous ? undefined : await accessToken()
  let response = await send(method, path, options, token)
  let body = await bodyOf(response)
  let isAnswered = token !== undefined
  if (token && response.status === 401 && body.code !== 'login_failed') {
    const next = await renewSession()
    isAnswered = next !== token
    response = await send(method, path, options, next)
    body = await bodyOf(response)
  }
  // the renewal was not answered: nobody knows that they are signed out
  if (!isAnswered && response.status === 401 && !options.anonymous && mayBeSignedIn()) throw unreachable()
  if (response.ok) return body as T
  // a gateway in between speaks for nobody behind it
  if (response.status >= 500 && !body.code) throw unreachable()
  throw new Problem(response.status, body)
}

export const get = <T>(path: string, options?: Ask) => ask<T>('GET', path, options)
export const post = <T>(path: string, body: unknown = {}, options: Ask = {}) => ask<T>('POST', path, { ...options, body })

async function send(method: string, path: string, { body, key, pass, version, signal }: Ask, token: string | undefined): Promise<Response> {
  const headers: Record<string, string> = { 'accept-language': language() }
  if (token) headers.authorization = `Bearer ${token}`
  if (key) headers['idempotency-key'] = key
  if (pass) headers.pass = pass
  if (version !== undefined) headers['if-match'] = `"${version}"`
  if (body !== undefined) headers['content-type'] = 'application/json'
  try {
    const response = await fetch(path, { method, headers, credentials: 'same-origin', ...(body === undefined ? {} : { body: JSON.stringify(body) }), ...(signal ? { signal } : {}) })
    const date = Date.parse(response.headers.get('date') ?? '')
    // the header has whole seconds: the middle of that second is the best guess
    if (date > 0 && Math.abs(date + 500 - serverNow()) > 1_000) offsetMs = date + 500 - Date.now()
    return response
  } catch (error) {
    if ((error as Error).name === 'AbortError') throw error
    throw unreachable()
  }
}

const unreachable = () => new Problem(0, { code: 'unreachable', title: '' })

async function bodyOf(response: Response): Promise<Record<string, unknown>> {
  const text = await response.text()
  if (!text) return {}
  try {
    return JSON.parse(text)
  } catch {
    return {} // a proxy in between answered in HTML
  }
}
