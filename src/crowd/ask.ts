import type { Answer, Client, Send } from './client.ts'
import type { CrowdRecord, Step, Told } from './record.ts'
import type { Walkers } from './walkers.ts'

/** How a fan behaves; the mix is drawn per fan from the seed. */
export type Temper = {
  quantity: number
  /** walks away with seats held: silently, or letting them go */
  abandons: 'no' | 'silently' | 'politely'
  doubleClicks: boolean
  swaps: boolean
  /** sends, does not wait for the answer, and repeats with the same key */
  losesAnswers: boolean
  money: 'ready' | 'tops up in the payment' | 'too little first'
  picks: 'map' | 'best' | 'nearest'
}
export type Crowd = {
  client: Client
  showId: string
  record: CrowdRecord
  walkers: Pick<Walkers, 'walkAway'>
  random: () => number
  /** becomes true when a fan was told that everything is sold */
  soldOut: boolean
  /** the plan as first read: its version and number of seats */
  plan?: { version: number; seats: number }
  thinkMs: (low: number, high: number) => number
  deadline: () => boolean
  /** parts are away while others answer, and shows are paused: deadlines move, forward only, and the crowd cannot tell why */
  deadlinesMove?: boolean
  /** hears of everything a fan is told is there */
  tell?: (told: Told) => void
  /** what a fan does who has bought and left, with the pass that was theirs */
  afterwards?: (fan: { token: string; pass: string }) => Promise<void>
  /** fans who follow by a stream now */
  streams: number
}
export type Fan = { crowd: Crowd; token: string; temper: Temper; pass: string; number: number; rank: number; position: number; isCalled: boolean }

/** As `call`, and how long a fan waited for it; a double click sends it twice, a lost answer is one more request that nobody waits for. */
export async function timed(fan: Fan, step: Step, method: string, path: string, options: Send, expected: number[]): Promise<Answer | undefined> {
  const { temper, crowd } = fan
  // the intended moment counts, so waiting for a connection is part of the latency
  const startedAt = performance.now()
  if (temper.losesAnswers) void crowd.client.once(method, path, { token: fan.token, ...options }).catch(() => undefined) // the lost answer is the point
  const twin = temper.doubleClicks && options.key ? call(fan, method, path, options, expected) : undefined
  const answer = await call(fan, method, path, options, expected)
  if (answer) crowd.record.latencies[step].push(performance.now() - startedAt)
  const other = await twin
  if (answer && other && answer.status === 201 && other.status === 201 && answer.body.id !== other.body.id)
    crowd.record.surprise(`one key made two things: ${path} ${answer.body.id} ${other.body.id}`)
  return answer
}

/** Asks patiently; undefined, and a surprise in the record, for what was not `expected`. */
export async function call(fan: Fan, method: string, path: string, options: Send, expected: number[]): Promise<Answer | undefined> {
  const { record, client } = fan.crowd
  try {
    const answer = await client.send(method, path, { token: fan.token, ...options })
    if (answer.body.code) record.refused(answer.body.code)
    if (expected.includes(answer.status)) return answer
    if (answer.status === 404 || answer.status === 409 || answer.status === 403) return undefined
    record.surprise(`${method} ${path.replace(/[0-9a-f-]{36}/g, ':id')} answered ${answer.status} ${answer.body.code ?? ''} ${answer.body.detail ?? ''}`)
  } catch (error) {
    record.surprise(`${method} ${path.replace(/[0-9a-f-]{36}/g, ':id')} ${String(error)}`)
  }
  return undefined
}
