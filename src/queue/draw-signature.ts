import { bls12_381 } from '@noble/curves/bls12-381.js'
import { sha256 } from '@noble/hashes/sha2.js'
import type { Chain } from './draw-beacon.ts'
import { fromHex } from './draw-rules.ts'

/** How the signed message becomes a point of the curve, as quicknet's scheme says. */
export const beaconDomain = 'BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_'
const signatureForm = /^[0-9a-f]{96}$/

/** What a round signs: the hash of its number, eight bytes, the greatest first. */
export function messageOf(round: number): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(round))
  return sha256(bytes)
}

/** Whether the chain's key signed this round; about 20 ms. Anything that is no signature is not. */
export function isSigned({ publicKey }: Pick<Chain, 'publicKey'>, round: number, signature: string): boolean {
  if (!signatureForm.test(signature)) return false
  const bls = bls12_381.shortSignatures
  try {
    return bls.verify(fromHex(signature), bls.hash(messageOf(round), beaconDomain), fromHex(publicKey))
  } catch {
    return false // bytes that are no point of the curve
  }
}
