import type { Static } from 'typebox'
import { writeAudit } from '../platform/audit.ts'
import type { Tx } from '../platform/database.ts'
import { refuse, settle } from '../platform/outcome.ts'
import { fill } from './admission.ts'
import type { queueOperations } from './api.ts'
import type { QueueEnv } from './env.ts'
import { type Frame, type Frames, frameOf, stockOf } from './frame.ts'
import { isMessageShort, messageBytesMax } from './frame-document.ts'
import { type Line, noLine, presentLine, type Show } from './line.ts'
import * as gate from './store-gate.ts'
import * as lines from './store-lines.ts'

type Control = Static<(typeof queueOperations)['control']['input']>
type Clocks = Static<(typeof queueOperations)['clocks']['output']>
type Change = { what: gate.GateEvent; action: string; before: Record<string, unknown>; after: Record<string, unknown> }

/**
 * An operator's change of the present line. Each with its row in the audit, before and after, and in the log that
 * everybody may read, in the same transaction. Shown at once. A lower cap revokes nothing; what
 * is said as it was leaves no row.
 */
export async function control(env: QueueEnv, frames: Frames, input: Control): Promise<Frame> {
  const { showId, by, message } = input
  if (message != null && !isMessageShort(message)) refuse('message_too_long', { bytesMax: messageBytesMax })
  const stock = await stockOf(env, showId)
  const frame = await env.db.transaction(async (tx) => {
    const show = await lines.lockShow(tx, showId)
    if (!show) return undefined
    const line = presentLine(show)
    const now = env.now()
    const changes = [
      ...(await changeNumbers(tx, show, input, now)),
      ...(await changeLine(tx, line, input)),
    ]
    await writeAudit(tx, 'queue', changes.map(({ action, before, after }) => ({ actor: by, action, target: showId, before, after })), now)
    for (const { what, after } of changes) await gate.tellGate(tx, showId, what, after, now)
    await fill(tx, show, now)
    return frameOf(env, tx, show, stock)
  })
  frames.forget(showId)
  if (!frame) return settle<Frame>(await noLine(env, showId))
  frames.told(frame)
  return frame
}

async function changeNumbers(tx: Tx, show: Show, { cap, ratePerMinute, workBits }: Control, now: number): Promise<Change[]> {
  const changes: Change[] = []
  if (cap !== undefined && cap !== show.cap) {
    changes.push({ what: 'cap', action: 'line.cap', before: { cap: show.cap }, after: { cap } })
    await gate.setCap(tx, show.showId, cap)
    show.cap = cap
  }
  if (ratePerMinute !== undefined && ratePerMinute !== show.ratePerMinute) {
    changes.push({ what: 'rate', action: 'line.rate', before: { ratePerMinute: show.ratePerMinute }, after: { ratePerMinute } })
    await gate.setRate(tx, show.showId, ratePerMinute, now)
    Object.assign(show, { ratePerMinute, rateTokens: 0, rateAt: now })
  }
  if (workBits !== undefined && workBits !== show.workBits) {
    changes.push({ what: 'work', action: 'line.work', before: { workBits: show.workBits }, after: { workBits } })
    await gate.setWorkBits(tx, show.showId, workBits)
    show.workBits = workBits
  }
  return changes
}

async function changeLine(tx: Tx, line: Line, { message, close }: Control): Promise<Change[]> {
  const { windowId } = line
  const changes: Change[] = []
  if (message !== undefined && message !== line.message) {
    changes.push({ what: 'message', action: 'line.message', before: { windowId, message: line.message }, after: { windowId, message } })
    await lines.setMessage(tx, windowId, message)
    line.message = message
  }
  if (close === true && line.phase !== 'closed') {
    changes.push({ what: 'closed', action: 'line.close', before: { windowId, phase: line.phase }, after: { windowId, phase: 'closed' } })
    await lines.setPhases(tx, [{ windowId, phase: 'closed', closedReason: 'line_closed' }])
    Object.assign(line, { phase: 'closed', closedReason: 'line_closed', closing: true, epoch: line.epoch + 1 })
  }
  return changes
}

/** What an operator is told before the pause or the close of a show is confirmed. */
export async function clocks(env: QueueEnv, { showId }: { showId: string }): Promise<Clocks> {
  const [show] = await lines.readShows(env.db, [showId])
  if (!show) return settle<Clocks>(await noLine(env, showId))
  const [ours, { holds }] = await Promise.all([gate.clocksOf(env.db, showId), env.seat.clocks({ showId })])
  return { ...ours, holds }
}
