import type { Static } from 'typebox'
import { refuse, settle } from '../platform/outcome.ts'
import type { DrawDocument, DrawProof, queueOperations } from './api.ts'
import { quicknet } from './draw-beacon.ts'
import { accountOf, hash, leavesOf, nonceOf, orderOf } from './draw-hash.ts'
import { blockLeaves, fromHex, pathOf, toHex } from './draw-rules.ts'
import type { QueueEnv } from './env.ts'
import { type Line, noLine, presentLine } from './line.ts'
import * as draws from './store-draws.ts'
import * as lines from './store-lines.ts'
import { lastPlaceOf } from './store-places.ts'

type Which = { showId: string; windowId?: string }
type RosterInput = Static<(typeof queueOperations)['roster']['input']>
type RosterPage = Static<(typeof queueOperations)['roster']['output']>

/** What may be known of a draw now: the secret only once it is drawn, when nothing is left to be chosen. */
export async function drawDocument(env: QueueEnv, which: Which): Promise<DrawDocument> {
  const { line, draw } = await found(env, which)
  const { commitment, committedAt, sealedAt, root, rootedAt, seed, drawnAt, weaker } = draw
  const { windowId, showId, phase, opensAt, sealsAt } = line
  return {
    showId, windowId, phase, opensAt, sealsAt, commitment, committedAt, beacon: beaconOf(env, draw),
    sealedAt, rosterCount: sealedAt === null ? null : line.rosterCount, root, rootedAt,
    secret: seed === null ? null : draw.secret, seed, drawnAt, weaker,
  }
}

/** Hashes of accounts by number. Only who has an account's nonce, which is that account, can tell whose hash it is. */
export async function rosterPage(env: QueueEnv, { after, limit, ...which }: RosterInput): Promise<RosterPage> {
  const { line, draw } = await found(env, which)
  if (draw.root === null) return refuse('draw_not_sealed', { sealsAt: line.sealsAt })
  const places = await draws.roster(env.db, line.windowId, after + 1, Math.min(line.rosterCount, after + limit))
  return { windowId: line.windowId, rosterCount: line.rosterCount, accounts: places.map(({ userId }) => toHex(accountOf(draw.salt, userId))) }
}

/** How this user's number hangs in the published root. Made from the stored blocks and the 256 places around it. */
export async function proofOf(env: QueueEnv, { userId, ...which }: Which & { userId: string }): Promise<DrawProof> {
  const { line, draw } = await found(env, which)
  const { windowId, rosterCount } = line
  const number = (await lastPlaceOf(env.db, windowId, userId)) ?? refuse('place_unknown')
  if (draw.root === null) return refuse('draw_not_sealed', { sealsAt: line.sealsAt })
  if (number > rosterCount) return refuse('place_not_drawn', { number, rosterCount })
  const block = Math.floor((number - 1) / blockLeaves)
  const around = await draws.roster(env.db, windowId, block * blockLeaves + 1, Math.min(rosterCount, (block + 1) * blockLeaves))
  const blocks = (await draws.blocksOf(env.db, windowId)).filter((one) => one.block * blockLeaves < rosterCount)
  const path = [
    ...pathOf(hash, leavesOf(draw.salt, around), (number - 1) % blockLeaves),
    ...pathOf(hash, blocks.map((one) => fromHex(one.hash)), block),
  ]
  return {
    windowId, number, userId, path, root: draw.root, rosterCount,
    nonce: toHex(nonceOf(draw.salt, userId)), account: toHex(accountOf(draw.salt, userId)),
    rank: line.seed === null ? null : orderOf(line).rankOf(number),
  }
}

async function found(env: QueueEnv, { showId, windowId }: Which): Promise<{ line: Line; draw: draws.DrawRow }> {
  const [show] = await lines.readShows(env.db, [showId])
  if (!show) return settle<never>(await noLine(env, showId))
  const line = windowId === undefined ? presentLine(show) : show.lines.find((candidate) => candidate.windowId === windowId)
  const draw = line && (await draws.drawOf(env.db, line.windowId))
  return line && draw ? { line, draw } : refuse('draw_unknown')
}

/** The chain is named by its hash in what is stored; its key and times belong to the hash. */
function beaconOf({ beacon }: QueueEnv, { chain, round, roundAt, waitMs, signature }: draws.DrawRow): DrawDocument['beacon'] {
  if (chain === null || round === null || roundAt === null) return null
  const known = beacon?.chain.hash === chain ? beacon.chain : quicknet
  return { chain, publicKey: known.publicKey, genesisAt: known.genesisAt, periodMs: known.periodMs, round, roundAt, waitMs, signature }
}
