import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Crowd, Temper } from '../src/crowd/ask.ts'
import { createClient } from '../src/crowd/client.ts'
import { temperOf, visit } from '../src/crowd/fan.ts'
import { seeded } from '../src/crowd/random.ts'
import { createRecord } from '../src/crowd/record.ts'
import { createWalkers } from '../src/crowd/walkers.ts'
import type { Database } from '../src/platform/database.ts'
import { UnknownOutcome } from '../src/platform/outcome.ts'
import { openTestDatabase } from '../src/platform/testing.ts'
import { openSystem, type TestSystem } from './system.ts'

let db: Database
let world: TestSystem
let url: string
let silentBank = 0
before(async () => {
  db = await openTestDatabase([])
  const rows: Database['rows'] = (query) => {
    // what the sandbox has booked and nobody was told, as after a crash in between
    if (silentBank > 0 && query.text.includes('insert into wallet.sandbox_charges')) {
      silentBank--
      throw new UnknownOutcome('the bank did not answer')
    }
    return db.rows(query)
  }
  world = await openSystem({ db: { ...db, rows } })
  url = await world.system.app.listen({ port: 0, host: '127.0.0.1' })
})
after(async () => {
  await world.close()
  await db.close()
})

const calm = { ...temperOf(seeded(1)), quantity: 1, abandons: 'no', doubleClicks: false, swaps: false, losesAnswers: false, money: 'ready', picks: 'best' } as const
const thinkMs = 100

/** These fans from arrival to the end, on a server whose time moves as they think; answers what they met. */
async function visits(showId: string, fans: { token: string }[], temper: Temper) {
  const record = createRecord()
  const client = createClient(url, () => undefined)
  const crowd: Crowd = {
    client, showId, record, walkers: createWalkers({ client, showId, seats: 4, record }), random: seeded(1), soldOut: false, streams: 0, deadline: () => false,
    thinkMs: () => {
      world.time.now += thinkMs
      return 0
    },
  }
  let isOver = false
  const all = Promise.all(fans.map(({ token }) => visit(crowd, token, temper))).finally(() => {
    isOver = true
  })
  while (!isOver) await world.settle()
  await all
  await client.close()
  return record
}
const nothingLost = { places: 0, holds: 0, payments: 0 }

test('a fan whose bank has not answered yet waits for the money, and the audit of the crowd finds nothing lost', async () => {
  const showId = await world.onSale({ rows: 1, seats: 4 })
  const fans = await world.fans(2, 0)
  silentBank = fans.length
  const record = await visits(showId, fans, calm)
  assert.deepEqual([record.unexpected, record.lost, record.counts.paid, silentBank], [[], nothingLost, 2, 0])
})

test('what a fan does whose answers are lost is done, and repeated it is done once', async () => {
  const showId = await world.onSale({ rows: 1, seats: 4 })
  const record = await visits(showId, await world.fans(2, 0), { ...calm, losesAnswers: true })
  assert.deepEqual([record.unexpected, record.lost, record.counts.paid], [[], nothingLost, 2])
  const { values } = await world.metrics.refusals.get()
  assert.deepEqual(values.filter(({ labels }) => labels.code === 'sign_in_required'), [], 'each request says whose it is')
  const { violations, errors } = await world.verify()
  assert.deepEqual([...violations, ...errors], [])
})
