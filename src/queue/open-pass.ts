import { createPrivateKey, createPublicKey, hkdfSync, sign, verify } from 'node:crypto'
import type { Keys, Tokens } from '../platform/token.ts'
import type { PassClaims } from '../seat/api.ts'

/** A public key as in RFC 8037; whoever has it verifies passes and makes none. */
export type PublicKey = { kty: 'OKP'; crv: 'Ed25519'; x: string; kid: string; alg: 'EdDSA'; use: 'sig' }
/** Claims of a pass for another shop. `no` grows with each renewal; `exp` in seconds, as in every JWT. */
type Payload = { sub: string; sid: string; show: string; window: string; no: number; sections: string[] | null; exp: number }

const passLengthMax = 2_000
const pkcs8Ed25519 = Buffer.from('302e020100300506032b657004220420', 'hex')
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/**
 * Passes that strangers verify: JWTs signed with Ed25519 (RFC 7519, RFC 8037). The key pair is derived from the pass
 * secret (HKDF, RFC 5869), so it is the same in every process and is replaced with the secret.
 */
export function createOpenPasses(keys: Keys): Tokens<PassClaims> & { publicKeys: PublicKey[] } {
  const pairs = keys.map(({ id, secret }) => {
    const seed = Buffer.from(hkdfSync('sha256', secret, '', 'openrun open pass', 32))
    const privateKey = createPrivateKey({ key: Buffer.concat([pkcs8Ed25519, seed]), format: 'der', type: 'pkcs8' })
    const publicKey = createPublicKey(privateKey)
    return { kid: id, privateKey, publicKey, x: String(publicKey.export({ format: 'jwk' }).x) }
  })
  const [signer] = pairs
  if (!signer) throw new Error('no key to sign passes')
  const header = encode({ alg: 'EdDSA', typ: 'JWT', kid: signer.kid })

  function check(pass: string): PassClaims | undefined {
    const [head = '', payload = '', signature = '', ...more] = pass.split('.')
    const { alg, kid } = (jsonOf(head) ?? {}) as { alg?: unknown; kid?: unknown }
    const pair = pairs.find((candidate) => candidate.kid === kid)
    const bytes = Buffer.from(signature, 'base64url')
    // several texts decode to the same bytes
    if (more.length > 0 || alg !== 'EdDSA' || !pair || bytes.toString('base64url') !== signature) return undefined
    if (!verify(null, Buffer.from(`${head}.${payload}`), pair.publicKey, bytes)) return undefined
    const { sub, sid, show, window, no, sections, exp } = jsonOf(payload) as Payload
    return { userId: sub, sessionId: sid, showId: show, windowId: window, passNo: no, sections, exp: exp * 1_000 }
  }

  return {
    publicKeys: pairs.map(({ kid, x }) => ({ kty: 'OKP', crv: 'Ed25519', x, kid, alg: 'EdDSA', use: 'sig' })),
    sign: ({ userId, sessionId, showId, windowId, passNo, sections, exp }) => {
      const payload: Payload = { sub: userId, sid: sessionId, show: showId, window: windowId, no: passNo, sections, exp: Math.floor(exp / 1_000) }
      const body = `${header}.${encode(payload)}`
      return `${body}.${sign(null, Buffer.from(body), signer.privateKey).toString('base64url')}`
    },
    verify: (pass, now) => {
      const claims = pass.length > passLengthMax ? undefined : check(pass)
      if (!claims) return { problem: 'invalid' }
      return claims.exp > now ? { claims } : { problem: 'expired' }
    },
  }
}

function jsonOf(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString())
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
