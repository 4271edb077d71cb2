import type { Job } from '../platform/jobs.ts'
import { UnknownOutcome } from '../platform/outcome.ts'
import { createTally } from '../platform/tally.ts'
import type { QueueApi } from '../queue/api.ts'
import type { Slowed } from './limits.ts'

type Note = { showId: string; userId: string | null; sender: string | null; rule: string; outcome: 'slowed'; inputs: Record<string, unknown> }

const subjectsMax = 2_000
const notesPerCallMax = 2_000

/**
 * What the limits of joining decided, for the evidence of the gate: counted by subject and told once a second, for who is
 * slowed is slowed often. A flood from more subjects than are kept is counted by its rule alone. What nobody knows to have
 * been told is not told again: evidence against somebody is rather too little than twice.
 */
export function createSlowLane({ queue, now }: { queue: Pick<QueueApi, 'noteGate'>; now: () => number }): { slowed: (slowed: Slowed) => void; job: Job } {
  const tally = createTally<Note>({
    keysMax: subjectsMax,
    restOf: (note) => ({ key: `${note.showId} ${note.rule}`, what: { ...note, userId: null, sender: null } }),
  })
  return {
    slowed: ({ showId, userId, sender, by, perMinute }) => {
      const subject = by === 'account' ? { userId, sender: null } : { userId: null, sender }
      tally.note(`${showId} ${by} ${subject.userId ?? subject.sender}`, { showId, ...subject, rule: `joins_by_${by}`, outcome: 'slowed', inputs: { perMinute } }, now())
    },
    job: {
      name: 'gateway.slowed', everyMs: 1_000,
      run: async () => {
        const notes = tally.drain()
        for (let from = 0; from < notes.length; from += notesPerCallMax)
          await queue.noteGate({ notes: notes.slice(from, from + notesPerCallMax) }).catch((error: unknown) => {
            tally.giveBack(notes.slice(error instanceof UnknownOutcome ? from + notesPerCallMax : from))
            throw error
          })
      },
    },
  }
}
