import { createHmac, timingSafeEqual } from 'node:crypto'
import { LRUCache } from 'lru-cache'

/** Key id to secret; the first one signs, all of them verify, so that keys can be rotated. */
export type Keys = readonly { id: string; secret: string }[]
export type Verified<C> = { claims: C } | { problem: 'invalid' | 'expired' }
export type Tokens<C extends { exp: number }> = {
  sign: (claims: C) => string
  verify: (token: string, now: number) => Verified<C>
}

const verifiedMax = 50_000
const tokenLengthMax = 2_000

/**
 * Short signed texts `kind.keyId.payload.signature` (HMAC-SHA-256 over everything before the signature). `exp` is epoch
 * milliseconds. Checked signatures are remembered by the whole token; expiry is compared each time.
 */
export function createTokens<C extends { exp: number }>(kind: string, keys: Keys): Tokens<C> {
  const verified = new LRUCache<string, C & object>({ max: verifiedMax })
  const signature = (body: string, secret: string) => createHmac('sha256', secret).update(body).digest('base64url')
  const signer = keys[0]
  if (!signer) throw new Error(`no key to sign ${kind}`)

  function check(token: string): C | undefined {
    const parts = token.split('.')
    const [tokenKind, keyId, payload, given] = parts
    const key = keys.find((candidate) => candidate.id === keyId)
    if (parts.length !== 4 || tokenKind !== kind || !key || !payload || !given) return undefined
    const expected = Buffer.from(signature(`${kind}.${keyId}.${payload}`, key.secret))
    const actual = Buffer.from(given)
    if (expected.length !== actual.length || !timingSafeEqual(expected, actual)) return undefined
    return JSON.parse(Buffer.from(payload, 'base64url').toString()) as C
  }

  return {
    sign: (claims) => {
      const body = `${kind}.${signer.id}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`
      return `${body}.${signature(body, signer.secret)}`
    },
    verify: (token, now) => {
      if (token.length > tokenLengthMax) return { problem: 'invalid' }
      const known = verified.get(token)
      const claims = known ?? check(token)
      if (!claims) return { problem: 'invalid' }
      if (!known) verified.set(token, claims)
      return claims.exp > now ? { claims } : { problem: 'expired' }
    },
  }
}
