import { keyIdOf } from '../keys.ts'
import type { SessionClaims } from '../platform/principal.ts'
import { createTokens } from '../platform/token.ts'

/** What a server of ours is measured with: who operates it, and by which secrets its users are told. */
const operator = { email: 'bench@example.com', password: 'bench-operator-1234' }
const secrets = { SESSION_SECRET: 's'.repeat(40), PASS_SECRET: 'p'.repeat(40) }
const tokensOf = <C extends { exp: number }>(kind: string, secret: string) => createTokens<C>(kind, [{ id: keyIdOf(secret), secret }])
export const sessions = tokensOf<SessionClaims>('session', secrets.SESSION_SECRET)
export const passesOf = <C extends { exp: number }>() => tokensOf<C>('pass', secrets.PASS_SECRET)

export const environmentOf = ({ engine, where, redisUrl }: { engine: 'pglite' | 'postgres'; where: string; redisUrl?: string }) => ({
  ...secrets, REHEARSALS: 'on', OPERATOR_EMAIL: operator.email, OPERATOR_PASSWORD: operator.password,
  DATABASE_URL: engine === 'postgres' ? where : '', ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl }),
})

export async function ask<T>(url: string, method: string, path: string, body: object, as?: string): Promise<T> {
  const headers = { 'content-type': 'application/json', ...(as ? { authorization: `Bearer ${as}` } : {}) }
  const response = await fetch(new URL(path, url), { method, headers, body: JSON.stringify(body) })
  if (!response.ok) throw new Error(`${path} answered ${response.status} ${await response.text()}`)
  return (await response.json()) as T
}

/** The operator's access token. */
export const signIn = async (url: string): Promise<string> => (await ask<{ accessToken: string }>(url, 'POST', '/api/sessions', operator)).accessToken

export const rehearse = async (url: string, as: string, seats: number): Promise<string> =>
  (await ask<{ showId: string }>(url, 'POST', '/api/operations/rehearsals', { fans: 1, seats }, as)).showId
