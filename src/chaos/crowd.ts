import { setTimeout as wait } from 'node:timers/promises'
import { type Client, createClient } from '../crowd/client.ts'
import type { Crowd } from '../crowd/ask.ts'
import { temperOf, visit } from '../crowd/fan.ts'
import { type CrowdRecord, createRecord, type Told } from '../crowd/record.ts'
import { createWalkers } from '../crowd/walkers.ts'
import { operator } from './system.ts'

/** A fresh show and those who came for it. */
export type Round = {
  showId: string
  seats: number
  record: CrowdRecord
  told: Told[]
  userOf: Map<string, string>
  endedPasses: { refused: number; admitted: string[] }
}
type Options = { url: string; random: () => number; fansPerSecond: number; roundSeconds: number; say: (line: string) => void }
export type ChaosCrowd = ReturnType<typeof createChaosCrowd>

const openTimeoutMs = 150_000
const stayMs = 90_000
const finishMs = 150_000
/** how many of those who bought try their ended pass */
const cheatShare = 0.5
const endedTriesMax = 60
const endedSeatsMax = 12

/** A crowd that never stops coming: a new show with its own fans every `roundSeconds`, each with the promises it was made. */
export function createChaosCrowd({ url, random, fansPerSecond, roundSeconds, say }: Options) {
  const counts = { unknowns: 0, retries: 0 }
  const client = createClient(url, (what) => {
    if (what === 'unknown') counts.unknowns++
    counts.retries++
  })
  const rounds: Round[] = []
  const visits = new Set<Promise<unknown>>()
  const notOpened: string[] = []
  let isOver = false

  async function round() {
    const fans = fansPerSecond * roundSeconds
    const opened = await openShow(client, fans, Math.ceil(fans * 1.3))
    rounds.push(opened)
    const endAt = performance.now() + roundSeconds * 1_000 + stayMs
    const walkers = createWalkers({ client, showId: opened.showId, seats: opened.seats, record: opened.record })
    const crowd: Crowd = {
      client, showId: opened.showId, record: opened.record, walkers, random, soldOut: false, streams: 0,
      thinkMs: (low, high) => low + random() * (high - low),
      deadline: () => performance.now() > endAt || (isOver && performance.now() > endAt - stayMs),
      deadlinesMove: true,
      tell: (told) => opened.told.push(told),
      afterwards: (fan) => (random() < cheatShare ? tryEndedPass(client, opened, fan) : Promise.resolve()),
    }
    for (const token of opened.userOf.keys()) {
      if (isOver) return
      const visiting = visit(crowd, token, temperOf(random)).catch((error: unknown) => opened.record.surprise(String(error))).finally(() => visits.delete(visiting))
      visits.add(visiting)
      await wait(2 * random() * (1_000 / fansPerSecond))
    }
  }

  return {
    rounds, notOpened, counts, client,
    paidCount: () => rounds.reduce((sum, { record }) => sum + record.counts.paid, 0),
    /** rounds one after the other until told to stop */
    async run(signal: AbortSignal): Promise<void> {
      while (!signal.aborted && !isOver) await round().catch(async (error: unknown) => {
        notOpened.push(String(error))
        say(String(error))
        await wait(1_000)
      })
    },
    /** lets everybody who is in finish; who still has no answer by then never gets one, which is a surprise */
    async end(): Promise<void> {
      isOver = true
      await Promise.race([Promise.all(visits), wait(finishMs, undefined, { ref: false })])
      if (visits.size > 0) rounds.at(-1)?.record.surprise(`${visits.size} fans did not come to an end within ${finishMs / 1_000} s`)
    },
    close: () => {
      isOver = true
      return client.close()
    },
  }
}

async function openShow(client: Client, fans: number, seats: number): Promise<Round> {
  const session = await client.send('POST', '/api/sessions', { body: operator })
  const token = String(session.body.accessToken)
  const made = await client.send('POST', '/api/operations/rehearsals', { token, body: { fans, seats } })
  if (made.status !== 201) throw new Error(`no show: ${made.status} ${made.body.code ?? ''}`)
  const { showId, fans: people } = made.body as unknown as { showId: string; fans: { userId: string; accessToken: string }[] }
  for (const startedAt = performance.now(); performance.now() - startedAt < openTimeoutMs; await wait(200)) {
    const map = await client.send('GET', `/api/shows/${showId}/seats`)
    const frame = await client.send('GET', `/api/shows/${showId}/queue`)
    if (map.status === 200 && frame.body.phase === 'open')
      return { showId, seats, record: createRecord(), told: [], userOf: new Map(people.map(({ userId, accessToken }) => [accessToken, userId])), endedPasses: { refused: 0, admitted: [] } }
  }
  throw new Error(`show ${showId} did not open within ${openTimeoutMs / 1_000} s`)
}

/** Once the place has ended the pass of it opens nothing any more. */
async function tryEndedPass(client: Client, { showId, endedPasses, seats }: Round, { token, pass }: { token: string; pass: string }) {
  for (let tries = 0; ; tries++) {
    if (tries >= endedTriesMax) return
    const place = await client.send('GET', `/api/shows/${showId}/queue/me`, { token })
    if (place.status === 404 || place.body.status === 'ended') break
    await wait(500)
  }
  // one after the other until one is free: a seat that is taken says nothing about the pass
  for (let seatId = seats; seatId > Math.max(0, seats - endedSeatsMax); seatId--) {
    const answer = await client.send('POST', `/api/shows/${showId}/holds`, { token, pass, body: { seatIds: [seatId] } })
    if (answer.status === 201) {
      endedPasses.admitted.push(String(answer.body.id))
      await client.send('DELETE', `/api/holds/${String(answer.body.id)}`, { token })
      return
    }
    if (answer.body.code === 'pass_ended') return void endedPasses.refused++
    if (answer.body.code !== 'seat_taken') return
  }
}
