import { createPrivateKey, createPublicKey, hkdfSync, sign } from 'node:crypto'
import type { Keys } from './token.ts'

/** Signs what strangers verify: they know the public key, which a secret of ours determines. */
export type Signer = {
  /** Ed25519 over the bytes of the text, base64url */
  sign(text: string): string
  /** raw public keys, base64url; the first one signs, what the others signed still verifies */
  publicKeys: { id: string; publicKey: string }[]
}

/** PKCS #8 of an Ed25519 key, up to its 32 bytes (RFC 8410). */
const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex')

/** The key pair of `purpose` that each secret determines: the same in every process, and no secret more to hand out. */
export function createSigner(purpose: string, keys: Keys): Signer {
  const pairs = keys.map(({ id, secret }) => {
    const seed = Buffer.from(hkdfSync('sha256', secret, '', `openrun ${purpose}`, 32))
    const privateKey = createPrivateKey({ key: Buffer.concat([pkcs8, seed]), format: 'der', type: 'pkcs8' })
    return { id, privateKey, publicKey: String(createPublicKey(privateKey).export({ format: 'jwk' }).x) }
  })
  const [signing] = pairs
  if (!signing) throw new Error(`no key to sign ${purpose}`)
  return {
    sign: (text) => sign(null, Buffer.from(text), signing.privateKey).toString('base64url'),
    publicKeys: pairs.map(({ id, publicKey }) => ({ id, publicKey })),
  }
}
