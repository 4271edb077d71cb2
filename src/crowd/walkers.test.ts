import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { createClient } from './client.ts'
import { createRecord } from './record.ts'
import { createWalkers } from './walkers.ts'

const asked: string[] = []
const server = createServer((request, response) => {
  asked.push(`${request.headers.authorization} ${request.method} ${request.url}`)
  response.writeHead(request.url?.startsWith('/api/holds/gone') ? 409 : 204).end()
})
let client: ReturnType<typeof createClient>
before(async () => {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(0)))
  const address = server.address()
  client = createClient(`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`, () => undefined)
})
after(async () => {
  await client.close()
  server.close()
})

const now = Date.UTC(2030, 0, 1)
const inSeconds = (seconds: number) => new Date(now + seconds * 1_000).toISOString()
function crowdOf(seats: number, paid: number) {
  asked.length = 0
  const record = createRecord()
  record.buy('p', Array.from({ length: paid }, (_, n) => n + 1))
  return { record, walkers: createWalkers({ client, showId: 's', seats, record }) }
}

test('seats left behind in silence are let go only when all others are paid', async () => {
  const { record, walkers } = crowdOf(10, 7)
  walkers.walkAway({ token: 'a', holdId: 'h', seats: 2, until: inSeconds(300) })
  await walkers.tidyUp(now)
  assert.deepEqual(asked, [])
  record.buy('q', [8])
  await walkers.tidyUp(now)
  assert.deepEqual(asked, ['Bearer a DELETE /api/holds/h', 'Bearer a DELETE /api/shows/s/queue/me'])
  assert.deepEqual(walkers.counts, { silently: 1, tidiedUp: 1 })
  await walkers.tidyUp(now)
  assert.equal(asked.length, 2)
})

test('a hold that ends soon is left to its clock, and what has ended holds nothing back', async () => {
  const { walkers } = crowdOf(10, 8)
  walkers.walkAway({ token: 'a', holdId: 'h', seats: 2, until: inSeconds(20) })
  await walkers.tidyUp(now)
  walkers.walkAway({ token: 'b', holdId: 'i', seats: 1, until: inSeconds(300) })
  await walkers.tidyUp(now + 21_000)
  assert.deepEqual([asked, walkers.counts.tidiedUp], [[], 0])
})

test('a hold that cannot be let go is a surprise', async () => {
  const { record, walkers } = crowdOf(1, 0)
  walkers.walkAway({ token: 'a', holdId: 'gone', seats: 1, until: inSeconds(300) })
  await walkers.tidyUp(now)
  assert.deepEqual(record.unexpected, ['letting a hold of a walker go answered 409 '])
})
