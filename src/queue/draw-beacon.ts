import { bls12_381 } from '@noble/curves/bls12-381.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { fromHex } from './draw-rules.ts'

/** A public chain of random values nobody can foresee: each round is a signature of its number, one every `periodMs`. */
export type Chain = { hash: string; publicKey: string; genesisAt: number; periodMs: number }

/** drand's quicknet (League of Entropy), scheme bls-unchained-g1-rfc9380. */
export const quicknet: Chain = {
  hash: '52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971',
  publicKey: '83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a',
  genesisAt: 1_692_803_367_000,
  periodMs: 3_000,
}
/** How the signed message becomes a point of the curve, as that scheme says. */
export const beaconDomain = 'BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_'
const signatureForm = /^[0-9a-f]{96}$/

/** When a round comes out; rounds are counted from 1. */
export const timeOfRound = ({ genesisAt, periodMs }: Chain, round: number) => genesisAt + (round - 1) * periodMs

/** The first round that comes out at `at` or later. */
export const roundFrom = ({ genesisAt, periodMs }: Chain, at: number) => Math.max(1, Math.ceil((at - genesisAt) / periodMs) + 1)

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
