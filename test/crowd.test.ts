import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createClient } from '../src/crowd/client.ts'
import { type Crowd, temperOf, visit } from '../src/crowd/fan.ts'
import { seeded } from '../src/crowd/random.ts'
import { createRecord } from '../src/crowd/record.ts'
import { createWalkers } from '../src/crowd/walkers.ts'
import type { Database } from '../src/platform/database.ts'
import { UnknownOutcome } from '../src/platform/outcome.ts'
import { openTestDatabase } from '../src/platform/testing.ts'
import { openSystem, type TestSystem } from './system.ts'

let db: Database
let world: TestSystem
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
})
after(async () => {
  await world.close()
  await db.close()
})

const calm = { ...temperOf(seeded(1)), quantity: 1, abandons: 'no', doubleClicks: false, swaps: false, losesAnswers: false, picks: 'best' } as const
const thinkMs = 100

test('a fan whose bank has not answered yet waits for the money, and the audit of the crowd finds nothing lost', async () => {
  const showId = await world.onSale({ rows: 1, seats: 4 })
  const fans = await world.fans(2, 0)
  const url = await world.system.app.listen({ port: 0, host: '127.0.0.1' })
  const record = createRecord()
  const client = createClient(url, () => undefined)
  // time moves as fans think
  const crowd: Crowd = {
    client, showId, record, walkers: createWalkers({ client, showId, seats: 4, record }), random: seeded(1), soldOut: false, streams: 0, deadline: () => false,
    thinkMs: () => {
      world.time.now += thinkMs
      return 0
    },
  }
  silentBank = fans.length
  let isOver = false
  const visits = Promise.all(fans.map(({ token }) => visit(crowd, token, { ...calm, money: 'ready' }))).finally(() => {
    isOver = true
  })
  while (!isOver) await world.settle()
  await visits
  await client.close()
  assert.deepEqual([record.unexpected, record.lost, record.counts.paid, silentBank], [[], { places: 0, holds: 0, payments: 0 }, 2, 0])
})
