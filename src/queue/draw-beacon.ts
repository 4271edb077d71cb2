/** A public chain of random values nobody can foresee: each round is a signature of its number, one every `periodMs`. */
export type Chain = { hash: string; publicKey: string; genesisAt: number; periodMs: number }

/** drand's quicknet (League of Entropy), scheme bls-unchained-g1-rfc9380. */
export const quicknet: Chain = {
  hash: '52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971',
  publicKey: '83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a',
  genesisAt: 1_692_803_367_000,
  periodMs: 3_000,
}

/** From the sealing of a roster, so long for its root to be out before the round is: with it the rule leaves one round to take. */
export const rootMs = 5_000

/** When a round comes out; rounds are counted from 1. */
export const timeOfRound = ({ genesisAt, periodMs }: Chain, round: number) => genesisAt + (round - 1) * periodMs

/** The first round that comes out at `at` or later. */
export const roundFrom = ({ genesisAt, periodMs }: Chain, at: number) => Math.max(1, Math.ceil((at - genesisAt) / periodMs) + 1)
