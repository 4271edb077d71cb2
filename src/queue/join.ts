import assert from 'node:assert/strict'
import type { Static } from 'typebox'
import type { Reader, Tx } from '../platform/database.ts'
import { type Answer, Refusal } from '../platform/outcome.ts'
import { fill, settlePhases } from './admission.ts'
import { noteRefused } from './appeals.ts'
import type { queueOperations } from './api.ts'
import type { QueueEnv } from './env.ts'
import { codeHash, type Line, noLine, presentLine, type Show } from './line.ts'
import { viewsOf } from './position.ts'
import * as lines from './store-lines.ts'
import * as places from './store-places.ts'
import { workRefusal } from './work.ts'

export type Join = Static<(typeof queueOperations)['join']['input']>
export type Joined = Static<(typeof queueOperations)['join']['output']>

/**
 * Puts users into the lobby, or at the end of the show's line, all of one show. The line's row is locked first and the phase read from it;
 * who is new is found by a later statement: numbers have no gaps and commit in their order, across replicas.
 */
export async function joinMany(env: QueueEnv, inputs: Join[]): Promise<Answer<Joined>[]> {
  const showId = inputs[0]?.showId ?? ''
  const joined = await env.db.transaction(async (tx) => {
    const show = await lines.lockShow(tx, showId)
    return show && { show, ...(await joinLocked(env, tx, show, inputs)) }
  })
  if (!joined) {
    const refusal = await noLine(env, showId)
    return inputs.map(() => refusal)
  }
  const { show, rows, created, refusals } = joined
  const views = await viewsOf(env, env.positions.ahead, show, [...rows.values()])
  return inputs.map((input) => {
    const row = rows.get(input.userId)
    const place = row && views.get(row)
    if (!place) return refusals.get(input) ?? new Refusal('line_closed')
    return { created: created.delete(input.userId), place } // of several requests in one batch the first made the place
  })
}

type JoinedRows = { rows: Map<string, places.PlaceRow>; created: Set<string>; refusals: Map<Join, Refusal> }

async function joinLocked(env: QueueEnv, tx: Tx, show: Show, inputs: Join[]): Promise<JoinedRows> {
  const now = env.now()
  await settlePhases(env, tx, show, now)
  const line = presentLine(show)
  const users = [...new Set(inputs.map((input) => input.userId))]
  const rows = await places.livePlacesOf(tx, line.windowId, users)
  const strangers = inputs.filter((input) => !rows.has(input.userId))
  const refusals = isSoldOut(show, line) ? new Map(strangers.map((input) => [input, new Refusal('line_sold_out')])) : await refusalsOf(tx, line, strangers)
  for (const input of strangers) {
    const refusal = refusals.get(input) ?? (show.workBits > 0 ? workRefusal(env.works, input, show.workBits, now) : undefined)
    if (!refusal) continue
    refusals.set(input, refusal)
    if (told.has(refusal.code)) noteRefused(env, input, refusal.code, refusal.params)
  }
  const created = new Set(inputs.filter((input) => !rows.has(input.userId) && !refusals.has(input)).map((input) => input.userId))

  if (created.size > 0) {
    const added = await places.append(tx, line, [...created], now)
    assert.equal(added.length, created.size, 'places added')
    line.last += added.length
    for (const row of added) rows.set(row.userId, row)
  }
  const byNumber = new Map([...rows.values()].map((row) => [row.number, row]))
  for (const { windowId, number, until } of await fill(tx, show, now)) {
    const row = windowId === line.windowId ? byNumber.get(number) : undefined
    if (row) Object.assign(row, { status: 'called', until })
  }
  return { rows, created, refusals }
}

/** Refusals that say something about who was refused; a closed line says nothing. */
const told = new Set(['code_required', 'code_wrong', 'work_required', 'work_wrong'])

const isSoldOut = (show: Show, line: Line) => line.phase === 'open' && show.availability === 'sold_out'

/** Why these, who have no place, get none in this line as it is now. */
export async function refusalsOf<I extends { code?: string }>(db: Reader, line: Line, strangers: I[]): Promise<Map<I, Refusal>> {
  const all = (refusal: Refusal) => new Map(strangers.map((input) => [input, refusal]))
  if (line.phase === 'announced') return all(new Refusal('line_not_open', { opensAt: new Date(line.lobbyOpensAt ?? line.opensAt).toISOString() }))
  if (line.phase === 'closed') return all(new Refusal('line_closed'))
  if (line.audience === 'everyone') return new Map()
  const hashes = new Map(strangers.flatMap((input) => (input.code === undefined ? [] : [[input, codeHash(line.windowId, input.code)]])))
  const known = await lines.knownCodes(db, line.windowId, [...new Set(hashes.values())])
  const refusals = new Map<I, Refusal>()
  for (const input of strangers) {
    const hash = hashes.get(input)
    if (hash === undefined) refusals.set(input, new Refusal('code_required'))
    else if (!known.has(hash)) refusals.set(input, new Refusal('code_wrong'))
  }
  return refusals
}
