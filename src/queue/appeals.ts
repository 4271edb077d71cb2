import assert from 'node:assert/strict'
import type { Static } from 'typebox'
import { writeAudit } from '../platform/audit.ts'
import { refuse, settle } from '../platform/outcome.ts'
import { createTally } from '../platform/tally.ts'
import { queueLimits, type queueOperations } from './api.ts'
import type { QueueEnv } from './env.ts'
import { noLine } from './line.ts'
import * as store from './store-evidence.ts'
import { lockShow } from './store-lines.ts'

type Input<Name extends 'appeal' | 'appeals' | 'openAppeals' | 'answerAppeal' | 'lifted'> = Static<(typeof queueOperations)[Name]['input']>
type Appeal = Static<(typeof queueOperations)['appeal']['output']>

const evidenceMax = 50
const dayMs = 86_400_000
const retentionMs = queueLimits.evidenceDays * dayMs
const forgottenPerRunMax = 1_000

const notesMax = 2_000
/** Beyond so many subjects a second, only the rule is counted: a flood of addresses costs no more than this. */
export const createEvidence = () => createTally<store.Note>({
  keysMax: notesMax,
  restOf: (note) => ({ key: `${note.showId} ${note.rule}`, what: { ...note, userId: null, sender: null, inputs: {} } }),
})

/** Notes that somebody was refused or slowed at the gate, and why. */
export function noteRefused(env: QueueEnv, { showId, userId }: { showId: string; userId: string }, rule: string, inputs: Record<string, unknown> = {}): void {
  env.evidence.note(`${showId} ${userId} ${rule}`, { showId, userId, sender: null, rule, outcome: 'refused', inputs }, env.now())
}

/** The job that writes what the gate decided; a crash loses the last second of it, an error nothing. */
export async function writeEvidence(env: QueueEnv): Promise<void> {
  const notes = env.evidence.drain()
  if (notes.length === 0) return
  await store.insertEvidence(env.db, notes).catch((error: unknown) => {
    env.evidence.giveBack(notes)
    throw error
  })
}

/** The job that ends the retention. Appeals keep the evidence they were filed with. */
export const forgetEvidence = (env: QueueEnv) => store.forgetEvidence(env.db, env.now() - retentionMs, forgottenPerRunMax)

/** "This is wrong": what the gate decided about this user and this address is filed with it. The same id is the same appeal. */
export async function appeal(env: QueueEnv, { id, showId, userId, sender, text }: Input<'appeal'>): Promise<Appeal> {
  await writeEvidence(env)
  const filed = await env.db.transaction(async (tx) => {
    if (!(await lockShow(tx, showId))) return undefined
    const own = await store.appealsOf(tx, showId, userId, queueLimits.appealsMax)
    const known = own.find((one) => one.id === id)
    if (known) return known
    if (own.length >= queueLimits.appealsMax) return refuse('appeals_used_up', { appealsMax: queueLimits.appealsMax })
    const evidence = await store.evidenceOf(tx, { showId, userId, sender }, evidenceMax)
    const one: store.Appeal = { id, showId, userId, text, filedAt: env.now(), evidence, outcome: null, answer: null, answeredAt: null }
    await store.insertAppeal(tx, one)
    return one
  })
  return filed ?? settle<Appeal>(await noLine(env, showId))
}

export const appeals = async (env: QueueEnv, { showId, userId }: Input<'appeals'>) =>
  ({ appeals: await store.appealsOf(env.db, showId, userId, queueLimits.appealsMax) })

export const openAppeals = async (env: QueueEnv, { at, id, limit }: Input<'openAppeals'>) =>
  ({ appeals: await store.openAppeals(env.db, { at, id }, limit) })

export const lifted = async (env: QueueEnv, { at, id, limit }: Input<'lifted'>) => ({ lifted: await store.upheldAppeals(env.db, { at, id }, limit) })

/** An operator's answer, once, with its row in the audit; the same answer again is that answer. */
export async function answerAppeal(env: QueueEnv, { id, by, outcome, answer }: Input<'answerAppeal'>): Promise<Appeal> {
  const now = env.now()
  return env.db.transaction(async (tx) => {
    const filed = (await store.lockAppeal(tx, id)) ?? refuse('appeal_unknown')
    if (filed.outcome === outcome && filed.answer === answer) return filed
    if (filed.outcome !== null) refuse('appeal_answered', { outcome: filed.outcome })
    const written = await store.answerAppeal(tx, { id, outcome, answer, by, now })
    assert.equal(written.length, 1, 'appeal answered')
    await writeAudit(tx, 'queue', [{ actor: by, action: 'appeal.answer', target: filed.showId, before: { appeal: id, outcome: null }, after: { appeal: id, outcome, answer } }], now)
    return { ...filed, outcome, answer, answeredAt: now }
  })
}
