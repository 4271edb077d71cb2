import type { Draft } from './model.ts'

/** What was before and what was taken back. Changes with one tag that follow each other are one step. */
export type History = { past: readonly Draft[]; now: Draft; future: readonly Draft[]; tag: string | undefined }
const stepsMax = 200

export const begin = (now: Draft): History => ({ past: [], now, future: [], tag: undefined })

export function edit(history: History, next: Draft, tag?: string): History {
  if (next === history.now) return history
  const isSameStep = tag !== undefined && tag === history.tag
  return { past: isSameStep ? history.past : [...history.past, history.now].slice(-stepsMax), now: next, future: [], tag }
}

export function undo({ past, now, future }: History): History {
  const before = past.at(-1)
  return before ? { past: past.slice(0, -1), now: before, future: [now, ...future], tag: undefined } : { past, now, future, tag: undefined }
}

export function redo({ past, now, future }: History): History {
  const [after, ...rest] = future
  return after ? { past: [...past, now], now: after, future: rest, tag: undefined } : { past, now, future, tag: undefined }
}
