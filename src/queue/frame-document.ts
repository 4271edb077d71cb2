import assert from 'node:assert/strict'
import { frameBytesMax, type LineFrame } from '../line-client/api.ts'

export type FrameParts = Omit<LineFrame, 'signature'>

/** What a frame can say of an operator's message, as JSON; longer ones are refused. */
export const messageBytesMax = 120
export const isMessageShort = (message: string) => Buffer.byteLength(JSON.stringify(message)) <= messageBytesMax + 2

/** In the order in which they matter when there is no room for all of them. */
const optional = ['draw', 'message', 'reason', 'availability', 'choosing', 'left', 'gone'] as const

/**
 * The signed document of a frame, at most 512 bytes whatever there is to say. Without room for all stretches the far ones
 * are left out: who is there then counts some who left as still ahead, never the other way round.
 */
export function documentOf(parts: FrameParts, sign: (text: string) => string): string {
  const { windowId, epoch, at, phase, opensAt, last, admittedThrough, rate } = parts
  const said: Partial<FrameParts> = { windowId, epoch, at, phase, ...(opensAt ? { opensAt } : {}), last, admittedThrough, rate }
  for (const name of optional) {
    const value = parts[name]
    if (value === undefined) continue
    Object.assign(said, { [name]: value })
    if (Array.isArray(said.gone)) said.gone = trimmed(said)
    if (!fits(said) || said.gone?.length === 0) delete said[name]
  }
  const text = JSON.stringify(said)
  const document = `${text.slice(0, -1)},"signature":"${sign(text)}"}`
  assert(Buffer.byteLength(document) <= frameBytesMax, `a frame of ${Buffer.byteLength(document)} bytes`)
  return document
}

const signatureBytes = ',"signature":""'.length + 86

const fits = (said: Partial<FrameParts>) => Buffer.byteLength(JSON.stringify(said)) + signatureBytes <= frameBytesMax

/** Stretches nobody left need no mention at the end, and those there is no room for get none. */
function trimmed(said: Partial<FrameParts>): number[] {
  const gone = [...(said.gone ?? [])]
  while (gone.length > 0 && (gone.at(-1) === 0 || !fits({ ...said, gone }))) gone.pop()
  return gone
}
