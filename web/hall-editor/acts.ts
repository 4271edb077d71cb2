import { useState } from 'react'
import type { SeatMark } from '../../src/concert/plan-rules.ts'
import { seatName } from '../parts/tickets.tsx'
import { useWords } from '../words/index.ts'
import type { Editing, useHall } from './editing.ts'
import { type Opening, openPlan } from './files.tsx'
import { add, type Draft, type DraftSection, duplicate, move, remove, reorder, withPlan } from './model.ts'
import { mark } from './rows.ts'
import { useHallEditorWords } from './spoken.ts'
import { type StartName, starts } from './starts.ts'

const blockSeatsMax = 1_000

/** What is done with whole sections; each says what happened. */
export function useSectionActs({ draft, edit, section, at, setChosen, say }: Editing) {
  const words = useHallEditorWords()
  const made = ({ draft: next, key }: { draft: Draft; key: string }) => {
    edit(() => next)
    setChosen(key)
    say(words.sections.added(next.sections.find((each) => each.key === key)?.name ?? ''))
  }
  return {
    add: (kind: DraftSection['kind']) => made(add(draft, kind, { grade: 'R', floor: words.empty.parts.floor })),
    duplicate: (how: 'beside' | 'across') => section && made(duplicate(draft, section.key, how)),
    order: (by: -1 | 1) => section && edit((now) => reorder(now, section.key, by)),
    start: (name: StartName) => edit((now) => withPlan(now, starts[name](words.empty.parts))),
    move: (index: number, dx: number, dy: number) => {
      const key = draft.sections[index]?.key ?? ''
      const next = move(draft, key, dx, dy)
      const { name = '', shape } = next.sections[index] ?? {}
      edit(() => next, `move ${key}`)
      say(words.sections.moved(name, String(shape?.x), String(shape?.y)))
    },
    remove: () => {
      if (!section) return
      const beside = draft.sections[at + 1] ?? draft.sections[at - 1]
      edit((now) => remove(now, section.key))
      setChosen(beside?.key)
      say(words.sections.removed(section.name))
    },
  }
}

/** What is done with single seats: in a draft at once, of a published show by asking the server. */
export function useSeatActs({ locked, change, picked, setPicked, say }: Editing, { live, hall, states }: ReturnType<typeof useHall>) {
  const { seats: words } = useHallEditorWords()
  const { hall: hallWords } = useWords()
  const describe = (i: number) => {
    const seat = hall?.seats[i]
    if (seat) say(`${seatName(hallWords, seat)}, ${seat.grade}, ${hallWords.states[states[i] ?? 0]}`)
  }
  const setBlocked = (seats: number[], on: boolean, reason: string) => {
    const done = () => say(on ? words.done(seats.length) : words.opened(seats.length))
    if (locked && seats.length > blockSeatsMax) return say(words.tooMany(blockSeatsMax))
    if (locked) return void (on ? live.block(seats, reason, done) : live.unblock(seats, done))
    change((now) => mark(now, new Set(seats), 'blocked', on, reason))
    done()
  }
  return {
    describe,
    block: (seats: number[], reason: string) => setBlocked(seats, true, reason),
    unblock: (seats: number[]) => setBlocked(seats, false, ''),
    mark: (name: SeatMark, on: boolean) => {
      change((now) => mark(now, picked, name, on))
      say(words.changed(picked.size))
    },
    toggle: (i: number) => {
      const next = new Set(picked)
      if (!next.delete(i)) next.add(i)
      setPicked(next)
      describe(i)
    },
  }
}

/** Opening a file: what is in it replaces the draft, which Undo brings back. */
export function useOpening({ edit, setChosen }: Editing) {
  const words = useHallEditorWords()
  const [opening, setOpening] = useState<Opening>()
  const open = async (file: File) => {
    const read = await openPlan(file, words)
    if ('problem' in read) return setOpening({ name: file.name, problem: read.problem })
    edit((now) => withPlan(now, read.plan))
    setChosen(undefined)
    setOpening({ name: file.name })
  }
  return { opening, open: (file: File) => void open(file) }
}
