import { type Chain, quicknet, rootMs, roundFrom } from './draw-beacon.ts'
import { climb, clockMs, commitmentOf, fromHex, accountHash, leafOf, orderFrom, rootOf, seedOf, toHex } from './draw-rules.ts'
import { isSigned } from './draw-signature.ts'
import type { Hash } from './order.ts'

/** A draw as `GET /api/shows/:id/queue/draw` tells it; times are ISO 8601. */
export type PublishedDraw = {
  commitment: string
  committedAt: string
  sealsAt: string | null
  sealedAt: string | null
  drawnAt: string | null
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
export type Finding = { what: 'commitment' | 'times' | 'chain' | 'round' | 'signature' | 'root' | 'seed' | 'strength' | 'frame' | 'account' | 'inclusion' | 'rank'; ok: boolean | null; detail: string }

/**
 * Does a draw again from what was published, trusting nothing of the server but that it said the same to everybody. Once
 * there is a seed everything has to be there: what is kept back then is wrong, and not to come.
 * `accounts`: the whole roster, or undefined to take the root as given. `trusted`: the chain the reader knows, quicknet.
 */
export function checkDraw(hash: Hash, draw: PublishedDraw, { accounts, trusted = quicknet }: { accounts?: string[] | undefined; trusted?: Chain } = {}): Finding[] {
  const { secret, root, seed, rosterCount, commitment } = draw
  const signature = draw.beacon?.signature ?? null
  const open = seed === null ? toCome : keptBack
  return [
    secret === null ? open('commitment') : found('commitment', commitmentOf(hash, secret) === commitment, `secret hashes to ${commitmentOf(hash, secret)}`),
    checkTimes(draw),
    ...checkBeacon(draw, trusted),
    ...(accounts === undefined ? [] : [root === null ? open('root') : checkRoot(hash, accounts, root, rosterCount ?? 0)]),
    seed === null
      ? toCome('seed')
      : secret === null || root === null ? keptBack('seed')
      : found('seed', seedOf(hash, { secret, root, signature }) === seed, `computed ${seedOf(hash, { secret, root, signature })}`),
  ]
}

/** Whether an account's number hangs in the root, and where the draw put it. `userId`: whose proof the reader asked for. */
export function checkProof(hash: Hash, draw: PublishedDraw, proof: PublishedProof, userId: string): Finding[] {
  const account = accountHash(hash, fromHex(proof.nonce), proof.userId)
  const top = toHex(climb(hash, leafOf(hash, proof.number, account), proof.path))
  const rank = draw.seed === null ? null : orderFrom(hash, draw.seed, draw.rosterCount ?? 0).rankOf(proof.number)
  return [
    found('account', toHex(account) === proof.account && proof.userId === userId, proof.userId === userId ? `computed ${toHex(account)}` : `the proof is of account ${proof.userId}`),
    draw.root === null ? toCome('inclusion') : found('inclusion', top === draw.root && hangsIn(draw, proof), `the path leads to ${top}`),
    rank === null ? toCome('rank') : found('rank', rank === proof.rank, `number ${proof.number} has rank ${rank}`),
  ]
}

const hangsIn = (draw: PublishedDraw, { number, root, rosterCount }: PublishedProof) =>
  root === draw.root && rosterCount === draw.rosterCount && number >= 1 && number <= rosterCount

/** What was fixed when: a commitment after the sealing, or a draw before its round, would bind nobody. */
function checkTimes({ committedAt, sealedAt, rootedAt, drawnAt, root, seed, beacon }: PublishedDraw): Finding {
  const isDated = (root === null) === (rootedAt === null) && (seed === null) === (drawnAt === null) && (rootedAt === null || sealedAt !== null) && (drawnAt === null || rootedAt !== null)
  const order = [committedAt, sealedAt, rootedAt, drawnAt].flatMap((at) => (at === null ? [] : [Date.parse(at)]))
  const isInOrder = order.every((at, index) => index === 0 || at >= (order[index - 1] as number) - clockMs)
  const isAfterRound = drawnAt === null || !beacon?.signature || Date.parse(drawnAt) >= Date.parse(beacon.roundAt) - clockMs
  const said = [committedAt, sealedAt, rootedAt, drawnAt].map((at) => at ?? '…').join(', ')
  return found('times', isDated && isInOrder && isAfterRound, `committed, sealed, hashed, drawn: ${said}`)
}

/** The server names chain, round and signature; the key that has to have signed is the reader's. */
function checkBeacon({ beacon, weaker, sealsAt, rootedAt, root, seed }: PublishedDraw, trusted: Chain): Finding[] {
  const strength = found('strength', weaker.length === 0, weaker.length === 0 ? 'nobody could have chosen the outcome' : `weaker: ${weaker.join(', ')}`)
  if (!beacon) return [found('chain', weaker.includes('no_beacon'), 'no beacon was named'), strength]
  const genesisAt = Date.parse(beacon.genesisAt)
  const roundAt = genesisAt + (beacon.round - 1) * beacon.periodMs
  const sameChain = beacon.chain === trusted.hash && beacon.publicKey === trusted.publicKey && genesisAt === trusted.genesisAt && beacon.periodMs === trusted.periodMs
  const late = (rootedAt !== null && Date.parse(rootedAt) >= roundAt) || (root !== null && rootedAt === null)
  // a round later than the rule takes could have been waited for, by who saw the first one and did not like it
  const ruled = weaker.includes('round_replaced') || (sealsAt !== null && beacon.round === roundFrom(trusted, Date.parse(sealsAt) + rootMs))
  const unsigned = seed === null ? toCome('signature') : found('signature', weaker.includes('beacon_unreachable'), 'the draw went without a signature')
  return [
    found('chain', sameChain, sameChain ? 'the known chain' : `chain ${beacon.chain} is not the known one`),
    found('round', Date.parse(beacon.roundAt) === roundAt && !late && ruled, late ? 'the root came when the round was out' : ruled ? `round ${beacon.round} is of ${dateOf(roundAt)}` : `round ${beacon.round} is not the first after the sealing`),
    beacon.signature === null ? unsigned : found('signature', isSigned(trusted, beacon.round, beacon.signature), `round ${beacon.round}`),
    strength,
  ]
}

function checkRoot(hash: Hash, accounts: string[], root: string, rosterCount: number): Finding {
  const computed = toHex(rootOf(hash, accounts.map((account, index) => leafOf(hash, index + 1, fromHex(account)))))
  return found('root', computed === root && accounts.length === rosterCount, `${accounts.length} accounts hash to ${computed}`)
}

const found = (what: Finding['what'], ok: boolean, detail: string): Finding => ({ what, ok, detail })
const toCome = (what: Finding['what']): Finding => ({ what, ok: null, detail: 'not published yet' })
const keptBack = (what: Finding['what']): Finding => found(what, false, 'the draw is done and this is kept back')
/** What a forger writes may be no time at all. */
const dateOf = (ms: number) => (Number.isFinite(ms) && Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(ms))
