import assert from 'node:assert/strict'
import type { Tx } from '../platform/database.ts'
import { queueLimits } from './api.ts'
import { roundFrom, timeOfRound } from './draw-beacon.ts'
import { hash } from './draw-hash.ts'
import { commitmentOf, toHex } from './draw-rules.ts'
import type { QueueEnv } from './env.ts'
import type { Line, Phase } from './line.ts'
import * as draws from './store-draws.ts'
import * as lines from './store-lines.ts'

/** What time makes of a line now; undefined: nothing. The last step, the draw, waits for more than time. */
export function whatIsDue(line: Line, now: number): Phase | undefined {
  const { phase, lobbyOpensAt, sealsAt, opensAt, closesAt } = line
  if (phase === 'closed') return undefined
  if (closesAt + queueLimits.graceMs <= now) return 'closed'
  if (phase === 'lobby') return sealsAt !== null && sealsAt <= now ? 'sealed' : undefined
  if (phase !== 'announced') return undefined
  if (lobbyOpensAt !== null && isDrawable(line)) return lobbyOpensAt <= now ? 'lobby' : undefined
  return opensAt <= now ? 'open' : undefined
}

/** A line is drawn at most once, and never after somebody took a place by arrival. */
const isDrawable = ({ seed, last, calledCount, committed }: Line) => seed === null && calledCount === 0 && (last === 0 || committed)

/** A few seconds before the opening; but a lobby that opened late, or was moved, is open for half a minute at least. */
export const sealingOf = ({ opensAt }: Pick<Line, 'opensAt'>, now: number) => Math.max(opensAt - queueLimits.sealMs, now + queueLimits.lobbyMsMin)

/** Opens the lobby of a locked line: secret, salt and round are stored, and with the commit the commitment is out. */
export async function openLobby(env: QueueEnv, tx: Tx, line: Line, now: number): Promise<void> {
  const sealsAt = sealingOf(line, now)
  await lines.setLobby(tx, line.windowId, sealsAt)
  Object.assign(line, { sealsAt, rosterCount: 0, committed: true })
  const secret = toHex(env.newSecret())
  const draw = { windowId: line.windowId, secret, salt: toHex(env.newSecret()), commitment: commitmentOf(hash, secret), waitMs: queueLimits.beaconWaitMs }
  await draws.commit(tx, { ...draw, ...roundAfter(env, sealsAt), weaker: env.beacon ? [] : ['no_beacon'] }, now)
  await keepRound(env, tx, line, now)
}

/** Seals the lobby of a locked line: its numbers are the roster; who comes now gets a greater one. */
export async function sealLobby(tx: Tx, line: Line, now: number): Promise<void> {
  const [sealed] = await lines.sealRoster(tx, line.windowId)
  assert(sealed, 'lobby sealed')
  line.rosterCount = sealed.rosterCount
  assert.equal((await draws.seal(tx, line.windowId, now)).length, 1, 'draw sealed')
}

/** The window was moved: its lobby ends anew, and one already sealed but not drawn opens again. Answers whether it did. */
export async function moveLobby(env: QueueEnv, tx: Tx, line: Line, now: number): Promise<boolean> {
  const sealsAt = sealingOf(line, now)
  if (line.phase === 'sealed' && line.opensAt - queueLimits.sealMs <= now) return false
  await lines.setLobby(tx, line.windowId, sealsAt)
  Object.assign(line, { sealsAt, rosterCount: 0 })
  if (line.phase === 'sealed') await draws.unseal(tx, line.windowId)
  await keepRound(env, tx, line, now)
  return line.phase === 'sealed'
}

/**
 * Sees to it that the round of a draw without a root comes out after the sealing. Another round instead of one that was
 * already out could have been chosen by who did not like the first: that draw is weaker for ever.
 */
export async function keepRound(env: QueueEnv, tx: Tx, { windowId, sealsAt }: Pick<Line, 'windowId' | 'sealsAt'>, now: number): Promise<void> {
  const draw = await draws.drawOf(tx, windowId)
  if (!draw || draw.root !== null || draw.roundAt === null || sealsAt === null) return
  const wanted = roundAfter(env, Math.max(sealsAt, now))
  const tooEarly = draw.roundAt < sealsAt + queueLimits.rootMs || draw.roundAt <= now
  const tooLate = wanted.roundAt !== null && draw.roundAt > wanted.roundAt && draw.roundAt > now
  if (wanted.round === null || !(tooEarly || tooLate)) return
  const weaker = draw.roundAt <= now && !draw.weaker.includes('round_replaced') ? [...draw.weaker, 'round_replaced' as const] : draw.weaker
  await draws.replaceRound(tx, { windowId, round: wanted.round, roundAt: wanted.roundAt, weaker })
}

/** The first round that comes out when the root of a lobby sealed at `sealsAt` has been published. */
function roundAfter({ beacon }: QueueEnv, sealsAt: number): { chain: string | null; round: number | null; roundAt: number | null } {
  if (!beacon) return { chain: null, round: null, roundAt: null }
  const round = roundFrom(beacon.chain, sealsAt + queueLimits.rootMs)
  return { chain: beacon.chain.hash, round, roundAt: timeOfRound(beacon.chain, round) }
}
