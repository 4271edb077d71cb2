import { createHash } from 'node:crypto'
import type { Static } from 'typebox'
import { writeAudit } from '../platform/audit.ts'
import type { Tx } from '../platform/database.ts'
import { requestHash } from '../platform/identity.ts'
import { refuse } from '../platform/outcome.ts'
import { type By, concertLimits, type Plan, type Window, type WindowInput } from './api.ts'
import { isName } from './plan-rules.ts'
import { changeShow, type ConcertEnv, isRepeat, refuseWhileClosing, save } from './rules.ts'
import { readPlan } from './store-shows.ts'
import { overlapping, readWindows, readWindowsWithCodes, saveCodes, saveWindows, type WindowRow } from './store-windows.ts'

type Input = { by: By; showId: string; expectedVersion?: number | undefined; windows: Static<typeof WindowInput>[] }

/** A code as buyers type it: space around it and case do not matter. The window's id is its salt. */
export const codeHash = (windowId: string, code: string) =>
  createHash('sha256').update(`${windowId}:${code.trim().toUpperCase()}`).digest('base64url')

/**
 * Replaces the windows of a show; after publishing others hear of it. Refuses `windows_overlap {first, second}`,
 * `show_not_ready` when a published show would have none, `request_invalid` for a window that contradicts itself or, in
 * a published show, opens when it has begun. One that closes later closes with the beginning.
 */
export async function setWindows(env: ConcertEnv, { by, showId, expectedVersion, windows }: Input): Promise<{ windows: WindowRow[]; version: number }> {
  return changeShow(env, by, showId, async ({ tx, concert, show, now }) => {
    refuseWhileClosing(concert)
    if (show.status === 'cancelled') refuse('show_cancelled')
    const { version } = show
    if (await isRepeat(show, expectedVersion, () => areAsWanted(tx, showId, windows))) return { windows: await readWindows(tx, showId), version }
    if (show.status !== 'draft' && windows.length === 0) refuse('show_not_ready', { missing: ['windows'] })
    const late = show.status === 'draft' ? undefined : windows.find(({ opensAt }) => opensAt >= show.startsAt)
    if (late) refuse('request_invalid', { detail: `windows: ${late.name} opens when the show has begun` })
    const before = await readWindows(tx, showId)
    await writeWindows(tx, env, showId, windows, await readPlan(tx, showId))
    const after = await readWindows(tx, showId)
    const facts = show.status === 'draft' ? [] : [{ name: 'show.windows_changed', data: { windows: await readWindowsWithCodes(tx, showId) } }]
    await save(tx, show, now, facts)
    await writeAudit(tx, 'concert', [{ actor: by.userId, action: 'show.windows', target: showId, before, after }], now)
    return { windows: after, version: version + 1 }
  })
}

/** Writes the windows of a show whose row is locked (or new). A window without `codes` keeps those it has. */
export async function writeWindows(tx: Tx, env: ConcertEnv, showId: string, inputs: WindowInput[], plan: Plan | null): Promise<void> {
  const known = await readWindows(tx, showId)
  const windows = inputs.map((input) => windowOf(input, known, env))
  const invalid = whatIsWrong(windows, inputs, known, plan)
  if (invalid) refuse('request_invalid', { detail: `windows: ${invalid}` })
  await saveWindows(tx, showId, windows)
  for (const [index, { codes }] of inputs.entries()) {
    const window = windows[index]
    if (!window) continue
    if (window.audience === 'everyone') await saveCodes(tx, window.id, [])
    else if (codes) await saveCodes(tx, window.id, [...new Set(codes.map((code) => codeHash(window.id, code)))])
  }
  const pair = await overlapping(tx, showId)
  if (pair) refuse('windows_overlap', pair)
}

/** Whether the show has exactly these windows, with exactly these codes where they are given. */
async function areAsWanted(tx: Tx, showId: string, inputs: WindowInput[]): Promise<boolean> {
  const known = await readWindowsWithCodes(tx, showId)
  return known.length === inputs.length && known.every(({ codeHashes, ...window }) => {
    const input = inputs.find((each) => (each.id ? each.id === window.id : each.name === window.name))
    if (!input) return false
    const { codes, ...wanted } = input
    const shape = { ...wanted, id: window.id, lobbyOpensAt: wanted.lobbyOpensAt ?? null, sections: wanted.sections ?? null }
    if (requestHash(shape) !== requestHash(window)) return false
    return !codes || requestHash([...new Set(codes.map((code) => codeHash(window.id, code)))].sort()) === requestHash(codeHashes.toSorted())
  })
}

/** A repeat of a request without ids finds its windows by name, so that it makes no others. */
function windowOf({ codes, ...input }: WindowInput, known: Window[], env: ConcertEnv): Window {
  const same = known.find((window) => (input.id ? window.id === input.id : window.name === input.name))
  if (input.id && !same) refuse('request_invalid', { detail: `windows: ${input.name} has an id that is not of this show` })
  return { ...input, id: same?.id ?? env.newId(), sections: input.sections ?? null, lobbyOpensAt: input.lobbyOpensAt ?? null }
}

function whatIsWrong(windows: Window[], inputs: WindowInput[], known: WindowRow[], plan: Plan | null): string | undefined {
  if (new Set(windows.map(({ name }) => name)).size < windows.length) return 'a name is there twice'
  if (new Set(windows.map(({ id }) => id)).size < windows.length) return 'an id is there twice'
  const sold = plan && new Set(plan.sections.map(({ name }) => name))
  for (const [index, { id, name, lobbyOpensAt, opensAt, closesAt, audience, sections }] of windows.entries()) {
    const codes = inputs[index]?.codes
    if (!isName(name)) return 'a name has spaces around it or control characters'
    if (closesAt <= opensAt) return `${name} closes before it opens`
    if (lobbyOpensAt !== null && lobbyOpensAt > opensAt - concertLimits.lobbyMsMin) return `the lobby of ${name} opens less than a minute before it`
    if (audience === 'everyone' && codes) return `${name} is for everyone and has codes`
    if (codes?.some((code) => !isName(code.trim()))) return `${name} has an empty code`
    const kept = known.find((window) => window.id === id)?.codeCount ?? 0
    if (audience === 'codes' && !codes && kept === 0) return `${name} needs codes`
    if (sections?.length === 0) return `${name} sells no section`
    const missing = sold ? sections?.find((section) => !sold.has(section)) : undefined
    if (missing !== undefined) return `${name} sells section ${missing}, which is not in the plan`
  }
  return undefined
}
