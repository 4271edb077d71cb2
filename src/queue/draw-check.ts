import { type Chain, isSigned, quicknet } from './draw-beacon.ts'
import { climb, commitmentOf, fromHex, accountHash, leafOf, orderFrom, rootOf, seedOf, toHex } from './draw-rules.ts'
import type { Hash } from './order.ts'

/** A draw as `GET /api/shows/:id/queue/draw` tells it; times are ISO 8601. */
export type PublishedDraw = {
  commitment: string
  beacon: { chain: string; publicKey: string; genesisAt: string; periodMs: number; round: number; roundAt: string; signature: string | null } | null
  rosterCount: number | null
  root: string | null
  rootedAt: string | null
  secret: string | null
  seed: string | null
  weaker: string[]
}
export type PublishedProof = { number: number; userId: string; nonce: string; account: string; path: { side: 'left' | 'right'; hash: string }[]; root: string; rosterCount: number; rank: number | null }
/** `ok: null`: cannot be known yet. `detail` is a key of the texts of whoever shows it. */
export type Finding = { what: 'commitment' | 'chain' | 'round' | 'signature' | 'root' | 'seed' | 'strength' | 'frame' | 'account' | 'inclusion' | 'rank'; ok: boolean | null; detail: string }

/**
 * Does a draw again from what was published, trusting nothing of the server but that it said the same to everybody.
 * `accounts`: the whole roster, or undefined to take the root as given. `trusted`: the chain the reader knows, quicknet.
 */
export function checkDraw(hash: Hash, draw: PublishedDraw, { accounts, trusted = quicknet }: { accounts?: string[] | undefined; trusted?: Chain } = {}): Finding[] {
  const { secret, root, seed, rosterCount, commitment } = draw
  const signature = draw.beacon?.signature ?? null
  return [
    secret === null ? open('commitment') : found('commitment', commitmentOf(hash, secret) === commitment, `secret hashes to ${commitmentOf(hash, secret)}`),
    ...checkBeacon(draw, trusted),
    ...(accounts === undefined ? [] : [root === null ? open('root') : checkRoot(hash, accounts, root, rosterCount ?? 0)]),
    secret === null || root === null || seed === null
      ? open('seed')
      : found('seed', seedOf(hash, { secret, root, signature }) === seed, `computed ${seedOf(hash, { secret, root, signature })}`),
  ]
}

/** Whether an account's number hangs in the root, and where the draw put it. */
export function checkProof(hash: Hash, draw: PublishedDraw, proof: PublishedProof): Finding[] {
  const account = accountHash(hash, fromHex(proof.nonce), proof.userId)
  const top = toHex(climb(hash, leafOf(hash, proof.number, account), proof.path))
  const rank = draw.seed === null ? null : orderFrom(hash, draw.seed, draw.rosterCount ?? 0).rankOf(proof.number)
  return [
    found('account', toHex(account) === proof.account, `computed ${toHex(account)}`),
    draw.root === null ? open('inclusion') : found('inclusion', top === draw.root && proof.number <= (draw.rosterCount ?? 0), `the path leads to ${top}`),
    rank === null ? open('rank') : found('rank', rank === proof.rank, `number ${proof.number} has rank ${rank}`),
  ]
}

/** The server names chain, round and signature; the key that has to have signed is the reader's. */
function checkBeacon({ beacon, weaker, rootedAt, seed }: PublishedDraw, trusted: Chain): Finding[] {
  const strength = found('strength', weaker.length === 0, weaker.length === 0 ? 'nobody could have chosen the outcome' : `weaker: ${weaker.join(', ')}`)
  if (!beacon) return [found('chain', weaker.includes('no_beacon'), 'no beacon was named'), strength]
  const genesisAt = Date.parse(beacon.genesisAt)
  const roundAt = genesisAt + (beacon.round - 1) * beacon.periodMs
  const sameChain = beacon.chain === trusted.hash && beacon.publicKey === trusted.publicKey && genesisAt === trusted.genesisAt && beacon.periodMs === trusted.periodMs
  const late = rootedAt !== null && Date.parse(rootedAt) >= roundAt
  const unsigned = seed === null ? open('signature') : found('signature', weaker.includes('beacon_unreachable'), 'the draw went without a signature')
  return [
    found('chain', sameChain, sameChain ? 'the known chain' : `chain ${beacon.chain} is not the known one`),
    found('round', Date.parse(beacon.roundAt) === roundAt && !late, late ? 'the root came when the round was out' : `round ${beacon.round} is of ${new Date(roundAt).toISOString()}`),
    beacon.signature === null ? unsigned : found('signature', isSigned(trusted, beacon.round, beacon.signature), `round ${beacon.round}`),
    strength,
  ]
}

function checkRoot(hash: Hash, accounts: string[], root: string, rosterCount: number): Finding {
  const computed = toHex(rootOf(hash, accounts.map((account, index) => leafOf(hash, index + 1, fromHex(account)))))
  return found('root', computed === root && accounts.length === rosterCount, `${accounts.length} accounts hash to ${computed}`)
}

const found = (what: Finding['what'], ok: boolean, detail: string): Finding => ({ what, ok, detail })
const open = (what: Finding['what']): Finding => ({ what, ok: null, detail: 'not published yet' })
