import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { createDrandBeacon } from './beacon.ts'
import { beaconContract } from './beacon.contract.ts'
import { quicknet, roundFrom, timeOfRound } from './draw-beacon.ts'
import { hash } from './draw-hash.ts'
import { randomnessOf } from './draw-rules.ts'
import { isSigned } from './draw-signature.ts'
import { beaconOf } from './testing.ts'

/** Rounds of quicknet as they came out: number, signature, randomness. */
const recorded = [
  [8, 'a0c06b9964123d2e6036aa004c140fc301f4edd3ea6b8396a15dfd7dfd70cc0dce0b4a97245995767ab72cf59de58c47', '996f280fcd832b382ea43338549f108fae303bdb9f781fe99fc062f554a036f1'],
  [657_413, 'b713718a38ae728dfd477991af2822e08d2f305e47718cef9f7848ce4050e7be41076862b98fad56e91a6b85b89cd97b', 'fc1873a13f3545aeade8401532ef5519920652eee6b0d2b19ca12643b87b3587'],
  [20_000_000, '96892582a33552a7b67ba44ef09c3ccd535bbebe760c93ecf45be8958d0c0f06390c6d19d7bf492eb806af7eef6b125c', 'f39c98df5525968e6622e0c63edb3d1f9c5607cf780db78abdded36e4b3dba95'],
] as const

test('recorded rounds of quicknet are signed by its key, and by no other number', () => {
  for (const [round, signature, randomness] of recorded) {
    assert(isSigned(quicknet, round, signature))
    assert.equal(randomnessOf(hash, signature), randomness)
    assert(!isSigned(quicknet, round + 1, signature))
  }
  assert(!isSigned(beaconOf(() => 0).beacon.chain, recorded[0][0], recorded[0][1]), 'another key')
  for (const nonsense of ['', '00', 'zz'.repeat(48), '00'.repeat(48), 'ff'.repeat(48), recorded[0][1].toUpperCase()]) assert(!isSigned(quicknet, 8, nonsense), nonsense)
})

test('rounds come out by their times: the first at the genesis, and the first at or after an instant', () => {
  assert.equal(timeOfRound(quicknet, 20_000_000), 1_752_803_364_000)
  assert.deepEqual([-1, 0, 1].map((ms) => roundFrom(quicknet, 1_752_803_364_000 + ms)), [20_000_000, 20_000_000, 20_000_001])
  assert.deepEqual([roundFrom(quicknet, 0), roundFrom(quicknet, quicknet.genesisAt)], [1, 1])
})

/** A relay on this machine that tells the recorded rounds, or what it is told to. */
async function openRelay(tell: (round: number) => unknown = known) {
  const state = { away: false, asked: 0 }
  const server = createServer((request, reply) => {
    state.asked++
    const round = Number(/\/public\/(\d+)$/.exec(request.url ?? '')?.[1])
    const answer = state.away || !request.url?.startsWith(`/${quicknet.hash}/`) ? undefined : tell(round)
    reply.writeHead(answer === undefined ? 425 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(answer ?? {}))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    state, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise<void>((done) => {
      server.closeAllConnections()
      server.close(() => done())
    }),
  }
}
const known = (round: number) => {
  const found = recorded.find(([number]) => number === round)
  return found && { round, signature: found[1], randomness: found[2] }
}

beaconContract('drand over HTTP', async () => {
  const relay = await openRelay()
  return {
    beacon: createDrandBeacon([relay.url]), outRound: 8, futureRound: 9, close: relay.close,
    goAway: () => Object.assign(relay.state, { away: true }), comeBack: () => Object.assign(relay.state, { away: false }),
  }
})
beaconContract('the chain of tests', async () => {
  const genesisAt = beaconOf(() => 0).beacon.chain.genesisAt
  const chain = beaconOf(() => genesisAt + 30_000)
  return {
    beacon: chain.beacon, outRound: 11, futureRound: 12, close: async () => undefined,
    goAway: () => Object.assign(chain, { away: true }), comeBack: () => Object.assign(chain, { away: false }),
  }
})

test('a relay that lies, of the signature or the round, is as good as none; a sound one beside it counts', async (context) => {
  const open = async (tell?: (round: number) => unknown) => {
    const relay = await openRelay(tell)
    context.after(relay.close)
    return relay.url
  }
  const forged = await open((round) => ({ round, signature: recorded[1][1] }))
  const other = await open(() => ({ round: 20_000_000, signature: recorded[2][1] }))
  const broken = await open(() => 'nothing of the kind')
  const liars = [forged, other, broken, 'http://127.0.0.1:1']
  assert.equal(await createDrandBeacon(liars).signatureOf(8), undefined)
  assert.equal(await createDrandBeacon([...liars, await open()]).signatureOf(8), recorded[0][1])
})

test('a round is fetched once for all who wait for it, and one that failed is asked for again', async (context) => {
  const relay = await openRelay()
  context.after(relay.close)
  const beacon = createDrandBeacon([relay.url])
  relay.state.away = true
  assert.equal(await beacon.signatureOf(8), undefined)
  relay.state.away = false
  assert.deepEqual(new Set(await Promise.all(Array.from({ length: 20 }, () => beacon.signatureOf(8)))), new Set([recorded[0][1]]))
  assert.equal(await beacon.signatureOf(8), recorded[0][1])
  assert.equal(relay.state.asked, 2)
})
