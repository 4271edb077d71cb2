import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto'

/** Key id to secret; the first one signs, all of them verify, so that keys can be rotated. */
export type Keys = readonly { id: string; secret: string }[]
export type Verified<C> = { claims: C } | { problem: 'invalid' | 'expired' }
export type Tokens<C extends { exp: number }> = {
  sign: (claims: C) => string
  verify: (token: string, now: number) => Verified<C>
}

const verifiedMax = 100_000
const tokenLengthMax = 2_000

/**
 * Short signed texts `kind.keyId.payload.signature` (HMAC-SHA-256 over everything before the signature). `exp` is epoch
 * milliseconds. Checked signatures are remembered; expiry is compared each time.
 */
export function createTokens<C extends { exp: number }>(kind: string, keys: Keys): Tokens<C> {
  const verified = createMemory<C>()
  const prepared = keys.map(({ id, secret }) => ({ id, key: createSecretKey(secret, 'utf8') }))
  const signature = (body: string, key: KeyObject) => createHmac('sha256', key).update(body).digest('base64url')
  const signer = prepared[0]
  if (!signer) throw new Error(`no key to sign ${kind}`)

  function check(token: string): C | undefined {
    const parts = token.split('.')
    const [tokenKind, keyId, payload, given] = parts
    const known = prepared.find((candidate) => candidate.id === keyId)
    if (parts.length !== 4 || tokenKind !== kind || !known || !payload || !given) return undefined
    // compared as text: several texts decode to the same bytes
    const expected = Buffer.from(signature(token.slice(0, -given.length - 1), known.key))
    const actual = Buffer.from(given)
    if (expected.length !== actual.length || !timingSafeEqual(expected, actual)) return undefined
    return JSON.parse(Buffer.from(payload, 'base64url').toString()) as C
  }

  return {
    sign: (claims) => {
      const body = `${kind}.${signer.id}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`
      return `${body}.${signature(body, signer.key)}`
    },
    verify: (token, now) => {
      if (token.length > tokenLengthMax) return { problem: 'invalid' }
      const known = verified.claimsOf(token)
      const claims = known ?? check(token)
      if (!claims) return { problem: 'invalid' }
      if (!known) verified.keep(token, claims)
      return claims.exp > now ? { claims } : { problem: 'expired' }
    },
  }
}

/**
 * Tokens already checked, under a few characters of their signature: the whole token is compared, so two that meet there
 * only displace each other. Two generations instead of a list ordered by use, which every request would have to write to:
 * half of them are forgotten at a time.
 */
function createMemory<C>() {
  type Known = Map<number, { token: string; claims: C }>
  let [young, old]: [Known, Known] = [new Map(), new Map()]
  return {
    claimsOf: (token: string): C | undefined => {
      const place = placeOf(token)
      const known = young.get(place) ?? old.get(place)
      return known?.token === token ? known.claims : undefined
    },
    keep: (token: string, claims: C) => {
      if (young.size >= verifiedMax / 2) [young, old] = [new Map(), young]
      young.set(placeOf(token), { token, claims })
    },
  }
}

/** 30 bits from five characters of a signature; its last one carries only four. */
function placeOf(token: string): number {
  let place = 0
  for (let i = token.length - 6; i < token.length - 1; i++) place = (place << 6) ^ (token.charCodeAt(i) - 43)
  return place
}
