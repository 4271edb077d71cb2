import { useCallback, useEffect, useMemo, useState } from 'react'
import { ask, get, type Problem } from '../client.ts'
import { type Read, useAct, useRead } from '../data.ts'
import type { Me } from '../wire.ts'
import { useLeaveGuard } from './leaving.ts'
import { useOrganiserWords } from './spoken.ts'

type Versioned = { version: number }
export type Editing<T extends Versioned> = {
  read: Read<T>
  stored: T | undefined
  /** somebody else's change that came while something here was edited */
  newer: T | undefined
  isDirty: boolean
  /** counts how often what was edited here was dropped for what others changed */
  round: number
  mark: (part: string, isDirty: boolean) => void
  /** saves over the version looked at, or over `version`; the answer names what it changed */
  save: (path: string, body: unknown, version?: number) => Promise<void>
  set: (next: T) => void
  takeTheirs: () => Promise<void>
}

/**
 * Something that is edited part by part. While a part is edited, what others change is told and not mixed in: who saves does so
 * over what was seen, and the server refuses the rest. Leaving with something unsaved is asked about.
 */
export function useEditing<T extends Versioned>(path: string, everyMs: number): Editing<T> {
  const { edit } = useOrganiserWords()
  const read = useRead<T>(path, { everyMs })
  const { data, reload } = read
  const [stored, set] = useState<T>()
  const [dirty, setDirty] = useState<ReadonlySet<string>>(new Set())
  const [round, setRound] = useState(0)
  const isDirty = dirty.size > 0
  useEffect(() => {
    if (data) set((known) => (!known || data.version === known.version || (data.version > known.version && !isDirty) ? data : known))
  }, [data, isDirty])
  useLeaveGuard(isDirty, edit.leave)
  const mark = useCallback((part: string, on: boolean) => setDirty((known) => {
    if (known.has(part) === on) return known
    return new Set(on ? [...known, part] : [...known].filter((each) => each !== part))
  }), [])
  const save = useCallback(async (to: string, body: unknown, version?: number) => {
    const answer = await ask<Partial<T>>('PUT', to, { body, version: version ?? stored?.version })
    // over what was not seen: then it is looked at whole
    const whole = version === undefined ? undefined : await get<T>(path)
    // other parts that are edited here have not seen it: saving them is asked about too
    const seen = dirty.size > 1 && stored ? { version: stored.version } : {}
    set((known) => (whole ? { ...whole, ...seen } : known && { ...known, ...answer }))
    reload()
  }, [path, reload, stored, dirty.size])
  const takeTheirs = useCallback(async () => {
    set(await get<T>(path))
    setRound((n) => n + 1)
  }, [path])
  const newer = data && stored && isDirty && data.version > stored.version ? data : undefined
  return useMemo(() => ({ read, stored, newer, isDirty, round, mark, save, set, takeTheirs }), [read, stored, newer, isDirty, round, mark, save, takeTheirs])
}

/**
 * Whether it is not there for who is signed in. A public address takes somebody whose session has ended for a stranger, to whom a
 * draft is nothing: so it is asked who this is, and then once more.
 */
export function useGone({ problem, reload }: Pick<Read<unknown>, 'problem' | 'reload'>): boolean {
  const isMissing = problem?.status === 404
  const { data: me } = useRead<Me>(isMissing ? '/api/me' : null)
  useEffect(() => {
    if (me) reload()
  }, [me, reload])
  return isMissing && me !== undefined
}

export type Draft<F> = { value: F; set: (change: Partial<F>) => void; isDirty: boolean; drop: () => void }

/** What a form shows: what is stored until somebody edits it. */
export function useDraft<F extends object, T extends Versioned>(editing: Editing<T>, part: string, stored: F): Draft<F> {
  const [edited, setEdited] = useState<F>()
  const value = edited ?? stored
  const isDirty = edited !== undefined && JSON.stringify(edited) !== JSON.stringify(stored)
  const { mark } = editing
  useEffect(() => mark(part, isDirty), [mark, part, isDirty])
  useEffect(() => () => mark(part, false), [mark, part])
  return { value, set: (change) => setEdited({ ...value, ...change }), isDirty, drop: () => setEdited(undefined) }
}

export type Saving = { busy: boolean; problem: Problem | undefined; isSaved: boolean; isConflict: boolean; save: (isOver?: boolean) => void; clear: () => void }

/** Saves a part; after `edited_meanwhile` it may be saved over what is there now. */
export function useSaving<T extends Versioned>(editing: Editing<T>, { drop, toBody, path }: { drop: () => void; toBody: () => unknown; path: string }): Saving {
  const { act, busy, problem, clear } = useAct()
  const [isSaved, setSaved] = useState(false)
  const isConflict = problem?.code === 'edited_meanwhile'
  const save = (isOver = false) => void act(async () => {
    setSaved(false)
    await editing.save(path, toBody(), isOver && isConflict ? Number(problem.params.version) : undefined)
    drop()
    setSaved(true)
  })
  return { busy, problem, isSaved, isConflict, save, clear: () => {
    setSaved(false)
    clear()
  } }
}
