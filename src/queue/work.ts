import { createHash } from 'node:crypto'
import { Refusal, settle } from '../platform/outcome.ts'
import type { Tokens } from '../platform/token.ts'
import type { Work, WorkClaims } from './api.ts'
import type { QueueEnv } from './env.ts'
import { noLine } from './line.ts'
import { readShows } from './store-lines.ts'

const workTtlMs = 2 * 60_000

type Task = { challenge: string; bits: number; hashes: number; expiresAt: number }

/** The task for this user's join, of as many bits as the show asks for now: 2^bits hashes on average. */
export async function work(env: QueueEnv, { showId, userId }: { showId: string; userId: string }): Promise<Task> {
  const [show] = await readShows(env.db, [showId])
  if (!show) return settle<Task>(await noLine(env, showId))
  const bits = show.workBits
  const exp = env.now() + workTtlMs
  return { challenge: env.works.sign({ userId, showId, bits, exp }), bits, hashes: 2 ** bits, expiresAt: exp }
}

/**
 * Why a join's work is not enough: `work_required`, `work_wrong {reason: invalid | expired | foreign | too_little}`. Found
 * by one hash: SHA-256 of `challenge.nonce` begins with as many zero bits as the challenge says. A join repeated with the
 * same work gets the same place, so nobody has to remember what was spent.
 */
export function workRefusal(works: Tokens<WorkClaims>, asked: { userId: string; showId: string; work?: Work | undefined }, bits: number, now: number): Refusal | undefined {
  const { userId, showId, work } = asked
  if (!work) return new Refusal('work_required', { bits, hashes: 2 ** bits })
  const verified = works.verify(work.challenge, now)
  if ('problem' in verified) return new Refusal('work_wrong', { reason: verified.problem })
  const { claims } = verified
  if (claims.userId !== userId || claims.showId !== showId) return new Refusal('work_wrong', { reason: 'foreign' })
  // what was asked of this user counts, even if the operator asks for more by now; a task of nothing is no task
  return claims.bits > 0 && zeroBits(hashOf(work)) >= claims.bits ? undefined : new Refusal('work_wrong', { reason: 'too_little' })
}

export const hashOf = ({ challenge, nonce }: Work): Uint8Array => createHash('sha256').update(`${challenge}.${nonce}`).digest()

export function zeroBits(bytes: Uint8Array): number {
  let bits = 0
  for (const byte of bytes) {
    if (byte !== 0) return bits + Math.clz32(byte) - 24
    bits += 8
  }
  return bits
}
