import type { Job } from '../platform/jobs.ts'
import { createTally } from '../platform/tally.ts'
import type { QueueApi } from '../queue/api.ts'
import type { Slowed } from './limits.ts'

type Note = { showId: string; userId: string | null; sender: string | null; rule: string; outcome: 'slowed'; inputs: Record<string, unknown> }

const subjectsMax = 2_000

/**
 * What the limits of joining decided, for the evidence of the gate: counted by subject and told once a second, for who is
 * slowed is slowed often. A flood from more subjects than are kept is counted by its rule alone.
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
        if (notes.length === 0) return
        await queue.noteGate({ notes: notes.slice(0, subjectsMax) }).catch((error: unknown) => {
          tally.giveBack(notes)
          throw error
        })
      },
    },
  }
}
