import assert from 'node:assert/strict'
import { type IncomingMessage, get } from 'node:http'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import type { LineFrame } from '../src/line-client/api.ts'
import { watchLine } from '../src/crowd/watch.ts'
import { until } from '../src/platform/live.contract.ts'
import { passesOf, passTime } from './steps.ts'
import { must, openSystem, type TestSystem } from './system.ts'

let world: TestSystem
let origin: string
before(async () => {
  world = await openSystem()
  origin = await world.system.app.listen({ host: '127.0.0.1', port: 0 })
})
after(() => world.close())

type Event = { id: string; event: string; data: any }

/** A reader of a stream as a browser is one. */
async function follow(path: string, headers: Record<string, string> = {}) {
  const request = get(new URL(path, origin), { agent: false, headers })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const reader = { status: response.statusCode, events: [] as Event[], text: '', ended: false, stop: () => request.destroy() }
  response.setEncoding('utf8').on('data', (text: string) => {
    reader.text += text
    reader.events = reader.text.split('\n\n').filter((block) => block.includes('data: ')).map((block) => {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? ''
      return { id: field('id'), event: field('event'), data: JSON.parse(field('data') || 'null') }
    })
  }).on('close', () => {
    reader.ended = true
  }).on('error', () => undefined) // a reader that stops is no error here
  if (response.statusCode !== 200) await once(response, 'end')
  return reader
}
const frames = (reader: { events: Event[] }) => reader.events.map(({ data }) => data as LineFrame)
/** a second later, for everybody who watches */
async function second() {
  world.time.now += 1_000
  await world.settle()
}

test('everybody who follows a line hears the same frame each second, newer each time', async () => {
  const showId = await world.onSale()
  const url = `/api/shows/${showId}/queue/stream`
  const readers = await Promise.all([follow(url), follow(url)])
  const [fan] = await world.fans(1)
  await must(world.send('POST', `/api/shows/${showId}/queue`, { token: fan!.token, body: {} }))
  for (let i = 0; i < 3; i++) await second()
  await until(() => readers.every(({ events }) => events.length >= 4), 'four frames')
  const [one, two] = readers.map(frames)
  assert.deepEqual(one, two)
  assert.deepEqual(one!.map(({ last }) => last), [0, 1, 1, 1])
  const times = one!.map(({ at }) => at)
  assert.deepEqual(times, [...new Set(times)].sort())
  for (const reader of readers) reader.stop()
})

test('the frame that is asked for is the one that is told, kept for a second, and not sent again to who has it', async () => {
  const showId = await world.onSale()
  const reader = await follow(`/api/shows/${showId}/queue/stream`)
  await until(() => reader.events.length === 1, 'a frame')
  const answer = await world.send('GET', `/api/shows/${showId}/queue`)
  assert.deepEqual([answer.body, answer.headers['cache-control'], answer.headers.etag], [reader.events[0]!.data, 'public, max-age=1', `"${reader.events[0]!.id}"`])
  const again = await world.send('GET', `/api/shows/${showId}/queue`, { headers: { 'if-none-match': answer.headers.etag ?? '' } })
  assert.equal(again.status, 304)
  const back = await follow(`/api/shows/${showId}/queue/stream`, { 'last-event-id': reader.events[0]!.id })
  await second()
  await until(() => back.events.length >= 1, 'the next frame')
  assert.notEqual(back.events[0]!.id, reader.events[0]!.id)
  const later = await world.send('GET', `/api/shows/${showId}/queue`, { headers: { 'if-none-match': answer.headers.etag ?? '' } })
  assert.equal(later.status, 200)
  for (const { stop } of [reader, back]) stop()
})

test('a show that does not exist has no stream; the refusal is the same as everywhere', async () => {
  for (const path of ['queue/stream', 'seats/stream', 'queue', 'seats']) {
    const nowhere = await follow(`/api/shows/00000000-0000-4000-8000-000000000000/${path}`)
    assert.deepEqual([nowhere.status, JSON.parse(nowhere.text).code], [404, 'show_unknown'])
  }
})

/** Follows the map as a browser does: reads it, then keeps it by the stream, and reads again when told that it is behind. */
async function mapOf(showId: string, reader: Awaited<ReturnType<typeof follow>>) {
  const { body } = await world.send('GET', `/api/shows/${showId}/seats`)
  const count = (body.seats as unknown[]).length
  const bytes = Buffer.from(body.states, 'base64')
  const codes = Array.from({ length: count }, (_, i) => (bytes[i >> 2]! >> ((i & 3) * 2)) & 3)
  const map = { codes, version: body.version as number, behind: false, seen: 0 }
  return () => {
    for (const { event, data } of reader.events.slice(map.seen)) {
      if (event === 'version') map.behind = data.version > map.version
      else if (data.from > map.version) map.behind = true
      else if (data.version > map.version) {
        for (const [code, name] of ['free', 'held', 'sold', 'blocked'].entries()) for (const seatId of data[name] ?? []) map.codes[seatId - 1] = code
        map.version = data.version
      }
    }
    map.seen = reader.events.length
    return map
  }
}

test('a map that is kept by the stream is the map that is read, through holds, swaps, payment, cancellation, blocks and expiry', async () => {
  const showId = await world.onSale({ rows: 2 })
  const reader = await follow(`/api/shows/${showId}/seats/stream`)
  const kept = await mapOf(showId, reader)
  const fans = await world.fans(4)
  const passes = await passesOf(world, fans, showId)
  const [buyer, swapper, quitter, sleeper] = fans.map((fan, i) => ({ ...fan, pass: passes[i] }))
  const hold = async (fan: typeof buyer, body: object) => (await must(world.send('POST', `/api/shows/${showId}/holds`, { token: fan?.token, pass: fan?.pass, body }))).body
  const held = await hold(buyer, { seatIds: [1, 2] })
  const mine = await hold(swapper, { seatIds: [3] })
  await second()
  await hold(swapper, { seatIds: [4, 5], replaces: mine.id })
  const short = await hold(quitter, { seatIds: [6] })
  await must(world.send('DELETE', `/api/holds/${short.id}`, { token: quitter!.token }))
  await hold(sleeper, { seatIds: [7, 8] })
  await second()
  const reserved = await must(world.send('POST', '/api/reservations', { token: buyer!.token, body: { holdIds: [held.id] } }))
  await must(world.send('POST', '/api/payments', { token: buyer!.token, body: { reservationId: reserved.body.id } }))
  await must(world.send('POST', `/api/shows/${showId}/blocks`, { token: world.operator.token, body: { seatIds: [9, 10], reason: 'camera' } }))
  await second()
  const check = async (what: string) => {
    const { body } = await world.send('GET', `/api/shows/${showId}/seats`)
    await until(() => kept().version >= body.version, what)
    const bytes = Buffer.from(body.states, 'base64')
    assert.deepEqual([kept().codes, kept().behind], [kept().codes.map((_, i) => (bytes[i >> 2]! >> ((i & 3) * 2)) & 3), false], what)
    return kept().codes.slice(0, 10).join('')
  }
  assert.equal(await check('sold, swapped, let go, blocked'), '2201101133')
  await must(world.send('POST', `/api/reservations/${reserved.body.id}/cancellations`, { token: buyer!.token, body: { seatIds: [1] } }))
  await passTime(world, 400_000)
  await second()
  await second()
  await check('expired and cancelled')
  assert.equal(kept().codes.slice(2, 8).join(''), '000000')
  assert.ok(reader.events.filter(({ event }) => event === 'seats').length >= 4, 'it was told by changes, not by reading again')
  reader.stop()
})

test('a quiet map tells its version each second, and a change that nobody told is seen by it', async () => {
  const showId = await world.onSale()
  const reader = await follow(`/api/shows/${showId}/seats/stream`)
  await second()
  await until(() => reader.events.length >= 2, 'two signs of life')
  assert.ok(reader.events.every(({ event }) => event === 'version'))
  const before = reader.events.at(-1)!.data.version
  const kept = await mapOf(showId, reader)
  await world.db.rows(sql`update seat.shows set version = version + 3 where show_id = ${showId}`)
  // the copies in memory find it at their second look
  for (let i = 0; i < 3; i++) await second()
  await until(() => reader.events.at(-1)!.data.version === before + 3, 'the version')
  assert.equal(kept().behind, true)
  reader.stop()
})

test('two hundred connections through an on-sale, half of them streams: no frame is missed, no connection lost, no position grows', async () => {
  const showId = await world.onSale()
  const fans = await world.fans(30, 0)
  const watching = await watchLine({ url: origin, showId, streams: 100, pollers: 100, ranks: 60, random: Math.random })
  for (const [i, fan] of fans.entries()) {
    await must(world.send('POST', `/api/shows/${showId}/queue`, { token: fan.token, body: {} }))
    if (i % 4 === 0) await must(world.send('DELETE', `/api/shows/${showId}/queue/me`, { token: fan.token }))
    if (i % 5 === 0) await second()
  }
  await second()
  const { frames: complete, missed, lost, grew, polls, pollErrors } = watching.stop()
  assert.deepEqual([missed, lost, grew, pollErrors], [0, 0, 0, 0])
  assert.ok(complete >= 4 && polls >= 100, `${complete} frames, ${polls} polls`)
})

test('nobody listens any more: nothing is asked for, and streams end when the server does', async (t) => {
  const own = await openSystem()
  t.after(() => own.close())
  const at = await own.system.app.listen({ host: '127.0.0.1', port: 0 })
  const showId = await own.onSale()
  const request = get(new URL(`/api/shows/${showId}/queue/stream`, at), { agent: false })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  response.resume()
  const ended = once(response, 'close')
  await own.system.app.close()
  await ended
  assert.equal(response.complete || response.destroyed, true)
})
