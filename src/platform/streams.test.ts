import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { after, before, test } from 'node:test'
import { until } from './live.contract.ts'
import { createMetrics } from './metrics.ts'
import { isRefusal } from './outcome.ts'
import { createStreams, eventOf, type Streams, streamLimits, type Topic } from './streams.ts'

const opened: { server: Server; sockets: Set<Socket> }[] = []
after(() => {
  for (const { server, sockets } of opened) {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
})
let nobody: Topic
before(() => {
  nobody = { kind: 'line', readers: new Set() }
})

/** A server whose every response is a stream of one topic, and readers of it. */
async function ground({ streamsMax = 1_000, random = () => 0.5 }: { streamsMax?: number; random?: () => number } = {}) {
  const metrics = createMetrics()
  const streams: Streams = createStreams({ metrics, random, streamsMax })
  const topic: Topic = { kind: 'line', readers: new Set() }
  const ends: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const asking = { raw: request, address: String(request.headers['x-address'] ?? ''), account: request.headers['x-account'] as string | undefined }
    try {
      streams.admit(asking)
      streams.add(topic, asking, response, [Buffer.from('data: first\n\n')], () => void ends.push(request.url ?? ''))
    } catch (error) {
      if (!isRefusal(error)) throw error
      response.writeHead(503).end(JSON.stringify({ code: error.code, ...error.params }))
    }
  })
  server.on('connection', (socket) => void sockets.add(socket))
  opened.push({ server, sockets })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(0)))
  const { port } = server.address() as { port: number }
  const sampleOf = async (name: string) => Number(new RegExp(`^${name}(?:{[^}]*})? (\\S+)`, 'm').exec(await metrics.registry.metrics())?.[1] ?? 0)
  return { streams, topic, ends, port, sampleOf, read: (path = '/', headers = {}) => read(port, path, headers) }
}

async function read(port: number, path: string, headers: Record<string, string>) {
  const request = get({ port, path, headers, agent: false })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const reader = { status: response.statusCode, headers: response.headers, text: '', ended: false, stop: () => request.destroy() }
  response.setEncoding('utf8').on('data', (text: string) => {
    reader.text += text
  }).on('close', () => {
    reader.ended = true
  }).on('error', () => undefined) // a reader that stops is no error here
  return reader
}

test('a reader is told when to come back, hears what is true now, and then every frame in order', async () => {
  const { streams, topic, read } = await ground()
  const reader = await read()
  await until(() => reader.text.includes('first'), 'the first')
  for (const data of ['1', '2', '3']) await streams.send(topic, eventOf({ id: data, event: 'frame', data }))
  await until(() => reader.text.includes('data: 3'), 'the third')
  assert.equal(reader.text, 'retry: 5500\n\ndata: first\n\nid: 1\nevent: frame\ndata: 1\n\nid: 2\nevent: frame\ndata: 2\n\nid: 3\nevent: frame\ndata: 3\n\n')
  assert.deepEqual([reader.headers['content-type'], reader.headers['cache-control'], reader.headers['x-accel-buffering'], reader.headers['transfer-encoding']],
    ['text/event-stream; charset=utf-8', 'no-store', 'no', undefined])
})

test('a frame reaches a thousand readers, slice by slice, and lets others have their turn meanwhile', async () => {
  const { streams, topic, read, sampleOf } = await ground()
  const readers = await Promise.all(Array.from({ length: 1_000 }, () => read()))
  let turns = 0
  let sent = false
  const count = () => {
    turns++
    if (!sent) setImmediate(count)
  }
  setImmediate(count)
  await streams.send(topic, eventOf({ id: '1', event: 'frame', data: 'x' }))
  sent = true
  assert.ok(turns >= 1_000 / streamLimits.sliceMax - 1, `${turns} turns for others`)
  await until(() => readers.every((reader) => reader.text.includes('data: x')), 'everybody')
  assert.deepEqual([await sampleOf('openrun_stream_frames_total'), await sampleOf('openrun_stream_clients'), await sampleOf('openrun_broadcast_seconds_count')], [1_000, 1_000, 1])
})

test('who reads too slowly is ended and counted, and nobody else waits for it', async () => {
  const { streams, topic, read, port, ends, sampleOf } = await ground()
  const quick = await read()
  const slow = connect(port, '127.0.0.1').pause()
  slow.write('GET /slow HTTP/1.1\r\nhost: x\r\n\r\n')
  slow.on('error', () => undefined) // it is to be ended
  await until(() => topic.readers.size === 2, 'two readers')
  const big = eventOf({ id: '1', event: 'frame', data: 'x'.repeat(200_000) })
  for (let tries = 0; topic.readers.size === 2 && tries < 500; tries++) {
    await streams.send(topic, big)
    await until(() => quick.text.length >= (tries + 1) * big.length, 'the quick one has it')
    quick.text = quick.text.slice(-1) + 'x'.repeat(quick.text.length - 1)
  }
  await until(() => ends.includes('/slow'), 'the slow one is ended')
  assert.deepEqual([await sampleOf('openrun_stream_dropped_total'), topic.readers.size, quick.ended], [1, 1, false])
})

test('too many streams of the server, an address or an account are refused, with what is full; whoever leaves makes room', async () => {
  const all = await ground({ streamsMax: 2 })
  const [first] = [await all.read(), await all.read()]
  const third = await all.read()
  await until(() => third.text !== '', 'an answer')
  assert.deepEqual([third.status, JSON.parse(third.text)], [503, { code: 'streams_full', by: 'server', retryAfterSeconds: 10 }])
  first.stop()
  await until(() => all.streams.size() === 1, 'one is gone')
  assert.equal((await all.read()).status, 200)

  const some = await ground({ streamsMax: 10_000 })
  for (let i = 0; i < streamLimits.perAccountMax; i++) assert.equal((await some.read('/', { 'x-account': 'a' })).status, 200)
  assert.deepEqual([(await some.read('/', { 'x-account': 'a' })).status, (await some.read('/', { 'x-account': 'b' })).status], [503, 200])
  const many = await Promise.all(Array.from({ length: streamLimits.perAddressMax }, () => some.read('/', { 'x-address': '10.0.0.1' })))
  assert.ok(many.every(({ status }) => status === 200))
  assert.deepEqual([(await some.read('/', { 'x-address': '10.0.0.1' })).status, (await some.read('/', { 'x-address': '10.0.0.2' })).status], [503, 200])
  assert.equal(await some.sampleOf('openrun_stream_refused_total'), 1)
})

test('the storm after an end is spread over ten seconds: each reader comes back at a time of its own', async () => {
  let drawn = 0
  const { streams, read, ends } = await ground({ random: () => (drawn++ % 101) / 100 })
  const readers = await Promise.all(Array.from({ length: 101 }, () => read()))
  await until(() => readers.every(({ text }) => text.includes('retry')), 'everybody is told')
  const retries = readers.map(({ text }) => Number(/retry: (\d+)/.exec(text)?.[1])).sort((a, b) => a - b)
  assert.deepEqual(retries, Array.from({ length: 101 }, (_, i) => 500 + i * 100))
  await streams.close()
  await until(() => readers.every(({ ended }) => ended) && ends.length === 101, 'everybody is ended')
  const late = await read()
  await until(() => late.text !== '', 'an answer')
  assert.deepEqual([late.status, JSON.parse(late.text).code, streams.size()], [503, 'shutting_down', 0])
})

test('nobody reads: nothing is written, nothing fails', async () => {
  const { streams, sampleOf } = await ground()
  await streams.send(nobody, Buffer.from('x'))
  assert.equal(await sampleOf('openrun_stream_frames_total'), 0)
})
