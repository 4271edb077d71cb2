import { readAudit } from '../platform/audit.ts'
import { randomBytes } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { batched } from '../platform/batch.ts'
import type { Database } from '../platform/database.ts'
import type { Logger } from '../platform/log.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { Live } from '../platform/live.ts'
import type { Answer } from '../platform/outcome.ts'
import type { Service, Surroundings } from '../platform/service.ts'
import type { Signer } from '../platform/signature.ts'
import type { Tokens } from '../platform/token.ts'
import type { Counted } from '../platform/tally.ts'
import type { PassClaims, SeatApi } from '../seat/api.ts'
import { appeal, appeals, answerAppeal, createEvidence, forgetEvidence, lifted, openAppeals, writeEvidence } from './appeals.ts'
import { admit, changePhases } from './admission.ts'
import { queueLimits, type queueOperations, type WorkClaims } from './api.ts'
import type { Beacon } from './beacon.ts'
import { afterOutage, sweep } from './clock.ts'
import { endAfterPurchase, endClosed, endPasses, soon } from './ending.ts'
import { drawLines } from './draw.ts'
import { drawDocument, proofOf, rosterPage } from './draw-document.ts'
import type { QueueEnv } from './env.ts'
import { createFrames } from './frame.ts'
import { pace } from './gate.ts'
import { joinMany } from './join.ts'
import { clocks, control } from './operate.ts'
import { lobbyMany } from './lobby.ts'
import { createMemoryLines } from './line-memory.ts'
import type { LinePort } from './line-port.ts'
import { createPace } from './pace.ts'
import { record } from './record.ts'
import { orderOfLine, positionMany, story } from './position.ts'
import { createPositions } from './positions.ts'
import { resumeShows } from './resuming.ts'
import { createShops, shopHandlers } from './shop.ts'
import { showHandlers } from './show.ts'
import type { Note } from './store-evidence.ts'
import { leaveMany, passMany, wakeMany } from './turn.ts'
import { sleepUntouched } from './untouched.ts'
import { forgetWatches, unwatch, watch, watches } from './watches.ts'
import { work } from './work.ts'

export type QueueNeeds = Surroundings & {
  db: Database
  seat: Pick<SeatApi, 'endPass' | 'quota' | 'clocks' | 'stock'>
  passes: Tokens<PassClaims>
  works: Tokens<WorkClaims>
  /** signs frames, which anybody may verify */
  signer: Signer
  /** carries frames to every process with readers */
  live: Live
  /** passes of a show that may be live at once until an operator changes it */
  capDefault?: number
  lagMs?: (() => number) | undefined
  /** public randomness for draws; without it they are weaker, and say so */
  beacon?: Beacon | undefined
  newSecret?: () => Uint8Array
  /** where copies of lines are kept; the default is this process's memory */
  lines?: LinePort
  metrics: Metrics
  log: Logger
  /** another shop sells: what `seat` would answer of closing shows is answered here */
  isSoldByShop?: boolean
}

const secretBytes = 32
const drawsAskedMax = 1_000

/** Each show is a lane, in arrival order. */
const ofShow = <I extends { showId: string }, O>(handleMany: (inputs: I[]) => Promise<Answer<O>[]>) =>
  batched(handleMany, { lane: (input: I) => input.showId, sizeMax: 256, queueMax: 50_000 })

/** The waiting room: a durable place in line, an exact cap, a numbered pass. */
export function createQueue({ capDefault = queueLimits.capDefault, isSoldByShop = false, beacon, newSecret = () => randomBytes(secretBytes), lines = createMemoryLines(), ...needs }: QueueNeeds): Service<typeof queueOperations> {
  const positions = createPositions({ ...needs, lines })
  const env: QueueEnv = {
    ...needs, capDefault, beacon: beacon ?? null, askedSince: new LRUCache({ max: drawsAskedMax }), newSecret, positions, pace: createPace(), evidence: createEvidence(), passesToEnd: soon(() => endPasses(env)),
  }
  const frames = createFrames(env)
  return {
    api: {
      join: ofShow((inputs) => joinMany(env, inputs)),
      position: ofShow((inputs) => positionMany(env, inputs)),
      frame: ({ showId }) => frames.of(showId),
      pass: ofShow((inputs) => passMany(env, inputs)),
      wake: ofShow((inputs) => wakeMany(env, inputs)),
      leave: ofShow((inputs) => leaveMany(env, inputs)),
      lobby: ofShow((inputs) => lobbyMany(env, inputs)),
      draw: (input) => drawDocument(env, input),
      roster: (input) => rosterPage(env, input),
      proof: (input) => proofOf(env, input),
      frameKeys: async () => ({ keys: env.signer.publicKeys }),
      control: (input) => control(env, frames, input),
      audit: (input) => readAudit(env.db, 'queue', input),
      clocks: (input) => clocks(env, input),
      work: (input) => work(env, input),
      noteGate: async ({ notes }) => {
        env.evidence.giveBack(notes as Counted<Note>[])
        return {}
      },
      appeal: (input) => appeal(env, input),
      appeals: (input) => appeals(env, input),
      openAppeals: (input) => openAppeals(env, input),
      answerAppeal: (input) => answerAppeal(env, input),
      lifted: (input) => lifted(env, input),
      record: (input) => record(env, input) as never,
      order: (input) => orderOfLine(env, input),
      story: (input) => story(env, input),
      watch: (input) => watch(env, input),
      watches: (input) => watches(env, input),
      unwatch: (input) => unwatch(env, input),
      ...createShops(env),
    },
    on: { ...showHandlers(env), ...(isSoldByShop ? shopHandlers : {}) },
    recover: () => afterOutage(env),
    jobs: [
      { name: 'queue.phases', everyMs: 250, run: () => changePhases(env) },
      { name: 'queue.draws', everyMs: 250, run: () => drawLines(env) },
      { name: 'queue.admit', everyMs: 100, run: () => admit(env) },
      { name: 'queue.pace', everyMs: 250, run: () => pace(env) },
      { name: 'queue.sweep', everyMs: 250, run: () => sweep(env) },
      { name: 'queue.untouched', everyMs: 1_000, run: () => sleepUntouched(env) },
      { name: 'queue.evidence', everyMs: 1_000, run: () => writeEvidence(env) },
      { name: 'queue.retention', everyMs: 60_000, run: () => forgetEvidence(env) },
      { name: 'queue.watches', everyMs: 60_000, run: () => forgetWatches(env) },
      { name: 'queue.resume', everyMs: 250, run: () => resumeShows(env) },
      { name: 'queue.endings', everyMs: 250, run: () => endPasses(env) },
      { name: 'queue.purchases', everyMs: 500, run: () => endAfterPurchase(env) },
      { name: 'queue.close', everyMs: 500, run: () => endClosed(env) },
      { name: 'queue.copies', everyMs: 1_000, run: () => positions.keepCopies() },
    ],
  }
}
