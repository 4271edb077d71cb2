import assert from 'node:assert/strict'
import { setImmediate as breathe } from 'node:timers/promises'
import type { Tx } from '../platform/database.ts'
import { fill } from './admission.ts'
import { hash, leavesOf, orderOf } from './draw-hash.ts'
import { blockLeaves, fromHex, rootOf, seedOf, toHex } from './draw-rules.ts'
import type { QueueEnv } from './env.ts'
import type { Line, Show } from './line.ts'
import { keepRound } from './lobby-phases.ts'
import * as draws from './store-draws.ts'
import * as lines from './store-lines.ts'

const linesPerRunMax = 200
const leavesPerReadMax = 16 * blockLeaves
/** leaves hashed for one line in one run while its lobby is open; sealed, it is hashed to the end */
const leavesPerRunMax = 16 * leavesPerReadMax
const ranksPerWriteMax = 10_000

/** The job that draws: it hashes the roster while the lobby fills, publishes the root when it is sealed, and opens the line. */
export async function drawLines(env: QueueEnv): Promise<void> {
  // side by side: one that waits for the beacon keeps no other
  const steps = await Promise.allSettled((await draws.undrawn(env.db, linesPerRunMax)).map((line) => stepOf(env, line)))
  const failed = steps.find((step) => step.status === 'rejected')
  if (failed) throw failed.reason
}

async function stepOf(env: QueueEnv, { windowId, showId, phase, last }: Awaited<ReturnType<typeof draws.undrawn>>[number]): Promise<void> {
  const draw = await draws.drawOf(env.db, windowId)
  assert(draw, `line ${windowId} is in ${phase} without a draw`)
  if (phase === 'lobby') return hashWhole(env, draw, last)
  const rooted = draw.root === null ? await publishRoot(env, showId, draw) : draw
  if (rooted) await drawWhenDue(env, showId, rooted)
}

/** Hashes whole blocks of the roster up to number `through`, at most so many in one run. */
async function hashWhole(env: QueueEnv, { windowId, salt }: draws.DrawRow, through: number, max = leavesPerRunMax): Promise<void> {
  const hashed = await draws.hashedCount(env.db, windowId)
  const end = Math.min(through - (through % blockLeaves), hashed + max)
  for (let from = hashed; from < end; from += leavesPerReadMax) {
    await draws.saveBlocks(env.db, windowId, await blocksBetween(env, { windowId, salt }, from, Math.min(end, from + leavesPerReadMax)))
    await breathe()
  }
}

async function blocksBetween({ db }: QueueEnv, { windowId, salt }: Pick<draws.DrawRow, 'windowId' | 'salt'>, after: number, through: number): Promise<draws.Block[]> {
  const places = await draws.roster(db, windowId, after + 1, through)
  assert.equal(places.length, through - after, 'numbers have no gaps')
  const leaves = leavesOf(salt, places)
  return Array.from({ length: Math.ceil(leaves.length / blockLeaves) }, (_, index) => {
    const own = leaves.slice(index * blockLeaves, (index + 1) * blockLeaves)
    return { block: after / blockLeaves + index, leaves: own.length, hash: toHex(rootOf(hash, own)) }
  })
}

/**
 * The root of a sealed roster: the rest is hashed, then it is stored if the line is still sealed as it was. Later than the
 * committed round it would be worth nothing: then another round is taken, and the draw is weaker.
 */
async function publishRoot(env: QueueEnv, showId: string, draw: draws.DrawRow): Promise<draws.DrawRow | undefined> {
  const { windowId } = draw
  const rosterCount = (await lines.readShows(env.db, [showId]))[0]?.lines.find((line) => line.windowId === windowId)?.rosterCount ?? 0
  await hashWhole(env, draw, rosterCount, rosterCount)
  const whole = rosterCount - (rosterCount % blockLeaves)
  if (whole < rosterCount) await draws.saveBlocks(env.db, windowId, await blocksBetween(env, draw, whole, rosterCount))
  const blocks = (await draws.blocksOf(env.db, windowId)).filter(({ block }) => block * blockLeaves < rosterCount)
  assert.equal(blocks.reduce((sum, { leaves }) => sum + leaves, 0), rosterCount, 'leaves of the roster')
  const root = toHex(rootOf(hash, blocks.map((block) => fromHex(block.hash))))
  return env.db.transaction(async (tx) => {
    const line = await sealedLine(tx, showId, windowId)
    if (line?.line.rosterCount !== rosterCount) return undefined
    await keepRound(env, tx, line.line, env.now())
    await draws.setRoot(tx, windowId, root, env.now())
    return draws.drawOf(tx, windowId)
  })
}

/** Draws at the opening, once the round is out; when the beacon cannot be reached in the committed time, without it. */
async function drawWhenDue(env: QueueEnv, showId: string, draw: draws.DrawRow): Promise<void> {
  const { windowId, secret, root, round, roundAt, waitMs } = draw
  const opensAt = (await lines.readShows(env.db, [showId]))[0]?.lines.find((line) => line.windowId === windowId)?.opensAt
  if (root === null || opensAt === undefined) return
  const asked = draw.signature === null && round !== null && roundAt !== null && roundAt <= env.now() ? await env.beacon?.signatureOf(round) : undefined
  const signature = draw.signature ?? asked ?? null
  const waitedOut = round === null || env.now() >= Math.max(opensAt, roundAt ?? 0) + waitMs
  if (opensAt > env.now() || (signature === null && !waitedOut)) return
  const seed = seedOf(hash, { secret, root, signature })
  const weaker = signature === null && round !== null ? [...draw.weaker, 'beacon_unreachable' as const] : draw.weaker
  await env.db.transaction(async (tx) => {
    const found = await sealedLine(tx, showId, windowId)
    const stored = found && (await draws.drawOf(tx, windowId))
    // moved, closed or drawn by another process meanwhile: this outcome is of nothing
    if (!found || stored?.root !== root || stored.round !== round || found.line.opensAt > env.now()) return
    assert.equal((await draws.settle(tx, { windowId, signature, seed, weaker }, env.now())).length, 1, 'draw settled')
    await drawLocked(tx, found.line, seed)
    await fill(tx, found.show, env.now())
  })
}

/** The one update that draws, and the ranks of those who left before: everybody else's is arithmetic. */
async function drawLocked(tx: Tx, line: Line, seed: string): Promise<void> {
  assert.equal((await lines.drawLine(tx, line.windowId, seed)).length, 1, 'line drawn')
  Object.assign(line, { seed, phase: 'open', epoch: line.epoch + 1 })
  const left = await draws.leftNumbers(tx, line.windowId, line.rosterCount)
  const { rankOf } = orderOf(line)
  for (let from = 0; from < left.length; from += ranksPerWriteMax) {
    const numbers = left.slice(from, from + ranksPerWriteMax)
    await draws.rankPlaces(tx, line.windowId, numbers, numbers.map(rankOf))
  }
  if (left.length > 0) await draws.recountLeft(tx, line.windowId)
}

/** The line with its show locked, if it is sealed. */
async function sealedLine(tx: Tx, showId: string, windowId: string): Promise<{ show: Show; line: Line } | undefined> {
  const show = await lines.lockShow(tx, showId)
  const line = show?.lines.find((candidate) => candidate.windowId === windowId)
  return show && line?.phase === 'sealed' ? { show, line } : undefined
}

/** After an outage: a lobby that would have ended while nobody could come is open for as long as other deadlines are. */
export async function delaySealings(env: QueueEnv, after: number, before: number): Promise<void> {
  for (const showId of await lines.showsSealing(env.db, after, before)) {
    await env.db.transaction(async (tx) => {
      const show = await lines.lockShow(tx, showId)
      for (const line of show?.lines ?? []) {
        if (line.phase !== 'lobby' || line.sealsAt === null || line.sealsAt <= after || line.sealsAt >= before) continue
        await lines.setLobby(tx, line.windowId, before)
        await keepRound(env, tx, { windowId: line.windowId, sealsAt: before }, env.now())
      }
    })
  }
}
