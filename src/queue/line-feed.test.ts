import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, get, type IncomingMessage, type Server } from 'node:http'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import type { LineFrame } from '../line-client/api.ts'
import { until } from '../platform/live.contract.ts'
import { createMetrics } from '../platform/metrics.ts'
import { createStreams } from '../platform/streams.ts'
import { lineChannel } from './api.ts'
import { createLineFeed } from './line-feed.ts'
import { type Ground, openGround } from './testing.ts'

let ground: Ground
const servers: Server[] = []
before(async () => {
  ground = await openGround({ capDefault: 1 })
})
after(async () => {
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
  await ground.close()
})

/** A process with readers: it shares the live news with the others and counts what it asks the queue for. */
async function gateway(showId: string) {
  const streams = createStreams({ metrics: createMetrics(), random: () => 0.5, streamsMax: 100 })
  const asked = { count: 0 }
  const queue = {
    frame: (input: { showId: string }) => {
      asked.count++
      return ground.queue.frame(input)
    },
  }
  const feed = createLineFeed({ queue, live: ground.live, streams, now: () => ground.clock.now })
  const server = createServer((request, response) => {
    const asking = { raw: request, address: '', account: undefined }
    feed.of(showId).then(() => feed.add(showId, asking, response, undefined), () => response.destroy())
  })
  servers.push(server)
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(0)))
  const { port } = server.address() as { port: number }
  const read = async () => {
    const request = get({ port, agent: false })
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    const reader = { text: '', stop: () => request.destroy(), frames: () => [...reader.text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data ?? '') as LineFrame) }
    response.setEncoding('utf8').on('data', (text: string) => {
      reader.text += text
    }).on('error', () => undefined) // a reader that stops is no error here
    await until(() => reader.text.includes('data: '), 'the first frame')
    return reader
  }
  return { feed, asked, read }
}

test('two processes with readers ask for a frame once a second between them, and all readers hear the same', async () => {
  const showId = await ground.publish()
  const [one, two] = [await gateway(showId), await gateway(showId)]
  const readers = [await one.read(), await one.read(), await two.read()]
  const before = one.asked.count + two.asked.count
  for (let second = 0; second < 5; second++) {
    ground.clock.now += 1_000
    await Promise.all([one.feed.tick(), two.feed.tick()].map((tick) => tick.catch(() => undefined)))
    await one.feed.tick()
    await two.feed.tick()
  }
  assert.ok(one.asked.count + two.asked.count - before <= 10, 'both may ask at one moment, never more than once each')
  ground.clock.now += 1_000
  const asked = one.asked.count + two.asked.count
  await one.feed.tick()
  await two.feed.tick()
  assert.equal(one.asked.count + two.asked.count - asked, 1, 'what one was told the other heard')
  await until(() => readers.every((reader) => reader.frames().length >= 7), 'seven frames')
  const [first, ...others] = readers.map((reader) => reader.frames().map(({ at }) => at))
  for (const other of others) assert.deepEqual(other, first)
  for (const reader of readers) reader.stop()
})

test('a frame from before, of whatever process, is not shown any more', async () => {
  const showId = await ground.publish()
  const { feed, read } = await gateway(showId)
  const reader = await read()
  const [frame] = reader.frames()
  assert.ok(frame)
  const late = (parts: Partial<LineFrame>) => ground.live.publish(lineChannel(showId), JSON.stringify({ ...frame, ...parts }))
  const at = (ms: number) => new Date(Date.parse(frame.at) + ms).toISOString()
  late({ at: at(-1), last: 91 })
  late({ epoch: frame.epoch - 1, at: at(500), last: 92 })
  late({ epoch: frame.epoch + 1, at: at(-1), last: 93 })
  late({ epoch: frame.epoch, at: at(900), last: 94 })
  late({ epoch: frame.epoch + 1, at: at(1), last: 95 })
  await until(() => reader.frames().some(({ last }) => last === 95), 'the newest')
  assert.deepEqual(reader.frames().map(({ last }) => last).filter((last) => last === 91 || last === 92 || last === 94), [])
  assert.equal(JSON.parse((await feed.of(showId)).document).last, 95)
  reader.stop()
})

test('while no frame can be had the readers see that somebody is there, and the job says why; the next frame is told at once', async () => {
  const showId = await ground.publish()
  const { feed, read } = await gateway(showId)
  const reader = await read()
  const { db } = ground
  ground.clock.now += 1_000
  await db.rows(sql`alter table queue.lines rename to lines_away`)
  await assert.rejects(feed.tick())
  await until(() => reader.text.endsWith(': \n\n'), 'a sign of life')
  await feed.tick()
  await db.rows(sql`alter table queue.lines_away rename to lines`)
  ground.clock.now += 1_000
  await feed.tick()
  await until(() => reader.frames().length >= 2, 'a frame')
  reader.stop()
  await until(() => feed.watchedCount() === 0, 'nobody watches')
  ground.clock.now += 5_000
  const heard = reader.text
  await feed.tick()
  assert.equal(reader.text, heard)
})
