import assert from 'node:assert/strict'
import { createPublicKey, randomUUID, verify } from 'node:crypto'
import { after, before, test } from 'node:test'
import { frameBytesMax, type LineFrame, signedTextOf, stretchesOf } from '../line-client/api.ts'
import { createSigner } from '../platform/signature.ts'
import { aheadOf, doubtOf } from '../line-client/position.ts'
import { lineChannel, queueLimits } from './api.ts'
import { hash } from './draw-hash.ts'
import { documentOf, type FrameParts, isMessageShort, messageBytesMax } from './frame-document.ts'
import { drawnOrder } from './order.ts'
import { codeOf, type Ground, minute, openGround } from './testing.ts'

let ground: Ground
before(async () => {
  ground = await openGround({ capDefault: 1 })
})
after(() => ground.close())

const operator = randomUUID()
const verifies = (document: string, publicKey: string) => verify(null, Buffer.from(signedTextOf(document)),
  createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' }), Buffer.from((JSON.parse(document) as LineFrame).signature, 'base64url'))
const frameOf = async (showId: string) => JSON.parse((await ground.queue.frame({ showId })).document) as LineFrame
const stockOf = (showId: string, available: number[], state: 'open' | 'all_held' | 'sold_out' = 'open') =>
  ground.seat.stocks.set(showId, { showId, availability: { state }, left: available.map((count, i) => ({ grade: `g${i}`, total: 100, available: count })) })

test('a frame says what everybody may know, and its signature holds for every byte', async () => {
  const showId = await ground.publish()
  await ground.crowd(showId, 3)
  stockOf(showId, [12, 0, 3])
  const { document } = await ground.queue.frame({ showId })
  const { windowId, signature, ...frame } = JSON.parse(document) as LineFrame
  assert.deepEqual(frame, { epoch: 1, at: new Date(ground.clock.now).toISOString(), phase: 'open', last: 3, admittedThrough: 1, rate: 0.0017, availability: 'open', choosing: 1, left: [12, 0, 3] })
  const { keys } = await ground.queue.frameKeys({})
  assert.equal(verifies(document, keys[0]?.publicKey ?? ''), true)
  for (const forged of [document.replace('"last":3', '"last":4'), document.replace(windowId, randomUUID()), document.replace('"open"', '"lobby"')])
    assert.equal(verifies(forged, keys[0]?.publicKey ?? ''), false)
})

test('replaced secrets: the new one signs, the old one is still among the keys', () => {
  const [old, fresh] = [{ id: 'old', secret: 'o'.repeat(40) }, { id: 'new', secret: 'n'.repeat(40) }]
  const [before, after] = [createSigner('frame', [old]), createSigner('frame', [fresh, old])]
  assert.deepEqual(after.publicKeys.map(({ id }) => id), ['new', 'old'])
  assert.equal(after.publicKeys[1]?.publicKey, before.publicKeys[0]?.publicKey)
  assert.notEqual(createSigner('other', [old]).publicKeys[0]?.publicKey, before.publicKeys[0]?.publicKey)
  assert.equal(verifies(documentOf(worst, after.sign), after.publicKeys[0]?.publicKey ?? ''), true)
})

const worst: FrameParts = {
  windowId: randomUUID(), epoch: 2_147_483_647, at: '2030-01-01T00:00:00.000Z', phase: 'open', last: 2_147_483_647, admittedThrough: 2_147_483_647,
  rate: 99_999, reason: 'slowed: payment', availability: 'all_held', left: Array(12).fill(50_000), gone: Array(25).fill(1_000_000), message: '가'.repeat(40), draw: [1_000_000, 'A'.repeat(43)],
}

test('whatever there is to say, a frame has at most 512 bytes, and an operator\'s message and the draw are never what is left out', () => {
  const sign = () => 'A'.repeat(86)
  assert.ok(isMessageShort(worst.message ?? ''))
  const { draw, ...drawn } = worst
  // before the on-sale there is an opening and no order yet, after it the draw
  const { reason: _, gone: __, ...early } = { ...drawn, phase: 'announced' as const, opensAt: worst.at }
  for (const parts of [worst, drawn, early]) {
    const document = documentOf(parts, sign)
    const said = JSON.parse(document) as LineFrame
    assert.ok(Buffer.byteLength(document) <= frameBytesMax)
    assert.deepEqual([said.message, said.draw], [worst.message, 'draw' in parts ? draw : undefined])
    assert.ok('draw' in parts || said.availability === 'all_held')
  }
  const { message: ___, ...silent } = drawn
  const said = JSON.parse(documentOf({ ...silent, left: [1, 2] }, sign)) as LineFrame
  assert.deepEqual([said.reason, said.left], ['slowed: payment', [1, 2]])
})

test('far stretches without a leaver, or without room, are not told', () => {
  const { message: _, draw: __, left: ___, ...roomy } = worst
  const goneOf = (gone: number[], parts: FrameParts = roomy) => (JSON.parse(documentOf({ ...parts, gone }, () => 'A'.repeat(86))) as LineFrame).gone
  assert.deepEqual([goneOf([0, 5, 0, 0]), goneOf([0, 0]), goneOf([])], [[0, 5], undefined, undefined])
  const many = goneOf(Array(25).fill(1_000_000)) ?? []
  assert.ok(many.length > 10 && many.length < 25 && many.every((count) => count === 1_000_000), `${many.length} told`)
  assert.equal(goneOf([1_000_000], worst), undefined)
})

test('who left before their turn is told by stretches that double, counted from the head of the line', async () => {
  const showId = await ground.publish()
  const fans = await ground.crowd(showId, 200)
  await Promise.all([...fans.slice(3, 10), ...fans.slice(65, 68), ...fans.slice(190)].map((fan) => ground.queue.leave(fan)))
  ground.clock.now += 1_000
  const frame = await frameOf(showId)
  // admitted through 1: ranks 2…65, 66…193, 194…200
  assert.deepEqual(stretchesOf(frame.admittedThrough, frame.last), [65, 193, 200])
  assert.deepEqual(frame.gone, [7, 3 + 3, 7])
})

test('stretches end with the line, and an empty line has none', () => {
  assert.deepEqual(stretchesOf(10, 10), [])
  assert.deepEqual(stretchesOf(0, 1), [1])
  assert.deepEqual(stretchesOf(0, 64), [64])
  assert.deepEqual(stretchesOf(0, 1_000), [64, 192, 448, 960, 1_000])
  assert.equal(stretchesOf(0, 1_000_000).length, 14)
})

test('a pause is told with its reason and no rate; only seats that come back are left: so is that', async () => {
  const showId = await ground.publish()
  await ground.crowd(showId, 3)
  stockOf(showId, [0], 'all_held')
  const of = async () => {
    ground.clock.now += 1_000
    const { reason, rate } = await frameOf(showId)
    return [reason, rate > 0]
  }
  assert.deepEqual(await of(), ['returns', true])
  await ground.hear('show.paused', showId)
  assert.deepEqual(await of(), ['paused: operator', false])
})

test('a frame tells how many are in and hold nothing yet: they choose before everybody who waits', async () => {
  const showId = await ground.publish()
  const fans = await ground.crowd(showId, 8)
  const before = (await frameOf(showId)).choosing ?? 0
  const live = (await ground.queue.frame({ showId })).live
  assert.equal(before, live)
  await ground.stock(showId, { available: 12, total: 14, taken: 2, seatsPerHold: 2 })
  ground.clock.now += 1_000
  assert.equal((await frameOf(showId)).choosing ?? 0, live - 1)
  await ground.stock(showId, { available: 12, total: 1_000, taken: 988, seatsPerHold: 2 })
  ground.clock.now += 1_000
  assert.equal((await frameOf(showId)).choosing, undefined)
  for (const fan of fans) await ground.queue.leave(fan)
})

test('a seat service that is away costs a frame its seats, not the frame', async () => {
  const showId = await ground.publish()
  stockOf(showId, [5])
  ground.seat.fails = new Error('away')
  const { last, left, availability } = await frameOf(showId)
  assert.deepEqual([last, left, availability], [0, undefined, undefined])
  ground.seat.fails = undefined
})

test('more grades than a frame has room for: the last figure is the sum of the rest', async () => {
  const showId = await ground.publish()
  stockOf(showId, Array.from({ length: 20 }, (_, i) => i))
  assert.deepEqual((await frameOf(showId)).left, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 + 12 + 13 + 14 + 15 + 16 + 17 + 18 + 19])
})

test('a frame is read once a second whoever asks, told to those who listen, and an operator\'s change at once', async () => {
  const showId = await ground.publish()
  const told: LineFrame[] = []
  const stop = ground.live.subscribe(lineChannel(showId), (document) => void told.push(JSON.parse(document)))
  await Promise.all([1, 2, 3].map(() => ground.queue.frame({ showId })))
  await ground.queue.frame({ showId })
  assert.equal(told.length, 1)
  await ground.queue.control({ showId, by: operator, message: '잠시만요' })
  assert.deepEqual(told.map(({ message }) => message), [undefined, '잠시만요'])
  ground.clock.now += 1_000
  await ground.queue.frame({ showId })
  assert.deepEqual([told.length, told.at(-1)?.message], [3, '잠시만요'])
  stop()
})

test('a message that does not fit into a frame is refused and changes nothing', async () => {
  const showId = await ground.publish()
  const fits = '가'.repeat(messageBytesMax / 3)
  assert.equal((await ground.queue.control({ showId, by: operator, message: fits })).message, fits)
  for (const message of [`${fits}.`, '"'.repeat(61), 'x'.repeat(121)])
    assert.equal(await codeOf(ground.queue.control({ showId, by: operator, message })), 'message_too_long')
  assert.equal((await ground.queue.control({ showId, by: operator })).message, fits)
})

test('the frame of a drawn line reveals the draw: everybody computes the own rank, and with it the own position, without a request', async () => {
  const { now } = ground.clock
  const showId = await ground.publish([{ lobbyOpensAt: now, opensAt: now + 5 * minute }])
  const fans = await ground.crowd(showId, 40)
  const early = await frameOf(showId)
  assert.deepEqual([early.phase, early.opensAt, early.draw, early.gone], ['lobby', new Date(now + 5 * minute).toISOString(), undefined, undefined])
  for (const ms of [5 * minute - queueLimits.sealMs, queueLimits.sealMs]) {
    await ground.pass(ms)
    await ground.run('queue.phases')
    await ground.run('queue.draws')
  }
  await ground.run('queue.admit')
  await Promise.all(fans.slice(0, 10).map((fan) => ground.queue.leave(fan)))
  ground.clock.now += 1_000
  const frame = await frameOf(showId)
  const [rosterCount = 0, seed = ''] = frame.draw ?? []
  assert.equal(rosterCount, 40)
  const order = drawnOrder({ rosterCount, seed: Buffer.from(seed, 'base64url'), hash })
  for (const fan of fans.slice(10)) {
    const { number, rank, position, status } = await ground.queue.position(fan)
    assert.equal(order.rankOf(number), rank)
    const ahead = aheadOf(frame, order.rankOf(number))
    if (status === 'waiting') assert.ok(position !== null && ahead >= position && ahead <= position + doubtOf(frame, order.rankOf(number)), `${ahead} for ${position}`)
  }
})
