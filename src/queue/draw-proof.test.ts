import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import sql, { type Sql } from 'sql-template-tag'
import type { DrawDocument } from './api.ts'
import { queueLimits } from './api.ts'
import { checkDraw, checkProof, type PublishedDraw } from './draw-check.ts'
import { queueDrawChecks } from './draw-checks.ts'
import { hash } from './draw-hash.ts'
import { blockLeaves, climb, pathOf, rootOf, seedOf, toHex } from './draw-rules.ts'
import { codeOf, type Ground, lineRow, minute, openGround, someone, type Who } from './testing.ts'

let ground: Ground
before(async () => {
  ground = await openGround({ capDefault: 3 })
})
after(() => ground.close())

const leaf = (index: number) => hash(Uint8Array.of(index >> 8, index & 255))

test('every leaf climbs to the root, and a tree over whole blocks has the root of a tree over their leaves', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 900 }), fc.nat(), (count, pick) => {
    const leaves = Array.from({ length: count }, (_, index) => leaf(index))
    const root = toHex(rootOf(hash, leaves))
    const index = pick % count
    assert.equal(toHex(climb(hash, leaf(index), pathOf(hash, leaves, index))), root)
    assert.notEqual(toHex(climb(hash, leaf(index + 1), pathOf(hash, leaves, index))), root)
    const blocks = Array.from({ length: Math.ceil(count / blockLeaves) }, (_, block) => rootOf(hash, leaves.slice(block * blockLeaves, (block + 1) * blockLeaves)))
    assert.equal(toHex(rootOf(hash, blocks)), root)
  }), { numRuns: 25 })
})

test('a tree is of RFC 6962: the roots of its examples', () => {
  // D(0) = '', D(1) = 00, D(2) = 10 of the test vectors of Certificate Transparency; a leaf there is SHA-256(0 ‖ data)
  const leaves = [[], [0x00], [0x10]].map((data) => hash(Uint8Array.of(0, ...data)))
  assert.equal(toHex(rootOf(hash, [])), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  assert.equal(toHex(rootOf(hash, leaves.slice(0, 1))), '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d')
  assert.equal(toHex(rootOf(hash, leaves.slice(0, 2))), 'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125')
  assert.equal(toHex(rootOf(hash, leaves)), 'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77')
})

/** A drawn line of `count` fans, of whom some are then called. */
async function drawnLine(count: number): Promise<{ showId: string; fans: Who[] }> {
  const showId = await ground.publish([{ lobbyOpensAt: ground.clock.now, opensAt: ground.clock.now + 5 * minute }])
  const fans = await ground.crowd(showId, count)
  assert.equal((await ground.queue.draw({ showId })).secret, null, 'the secret is kept until the draw')
  assert.equal(await codeOf(ground.queue.roster({ showId, after: 0, limit: 10 })), 'draw_not_sealed')
  assert.equal(await codeOf(ground.queue.proof({ showId, userId: fans[0]?.userId ?? '' })), 'draw_not_sealed')
  await ground.pass(5 * minute - queueLimits.sealMs)
  await ground.run('queue.phases')
  await ground.run('queue.draws')
  const sealed = await ground.queue.draw({ showId })
  assert.deepEqual([sealed.rosterCount, sealed.secret, sealed.seed], [count, null, null])
  await ground.pass(queueLimits.sealMs)
  await ground.run('queue.draws')
  return { showId, fans }
}
const isoOf = (at: number | null) => (at === null ? null : new Date(at).toISOString())
const published = (draw: DrawDocument): PublishedDraw => ({
  ...draw,
  committedAt: new Date(draw.committedAt).toISOString(),
  sealsAt: isoOf(draw.sealsAt),
  sealedAt: isoOf(draw.sealedAt),
  drawnAt: isoOf(draw.drawnAt),
  rootedAt: isoOf(draw.rootedAt),
  beacon: draw.beacon && { ...draw.beacon, genesisAt: new Date(draw.beacon.genesisAt).toISOString(), roundAt: new Date(draw.beacon.roundAt).toISOString() },
})
const trusted = () => ground.chain.beacon.chain

test('from what is published anybody does the draw again, and each fan finds the own place, at every shape of the tree', async () => {
  for (const count of [1, 2, 256, 257, 600]) {
    const { showId, fans } = await drawnLine(count)
    const draw = published(await ground.queue.draw({ showId }))
    const { accounts } = await ground.queue.roster({ showId, after: 0, limit: 1_000 })
    assert.deepEqual(checkDraw(hash, draw, { accounts, trusted: trusted() }).filter(({ ok }) => ok !== true), [])
    for (const fan of fans.filter((_, index) => index < 3 || index >= count - 3)) {
      const proof = await ground.queue.proof({ showId, userId: fan.userId })
      assert.deepEqual(checkProof(hash, draw, proof, fan.userId).filter(({ ok }) => ok !== true), [])
      assert.equal(proof.account, accounts[proof.number - 1])
      assert.equal(proof.rank, (await ground.queue.position(fan)).rank)
    }
  }
})

test('each thing that does not match is found by name', async () => {
  const { showId, fans } = await drawnLine(300)
  const draw = published(await ground.queue.draw({ showId }))
  const { accounts } = await ground.queue.roster({ showId, after: 0, limit: 1_000 })
  const wrong = (change: Partial<PublishedDraw>, roster = accounts) =>
    checkDraw(hash, { ...draw, ...change }, { accounts: roster, trusted: trusted() }).filter(({ ok }) => ok === false).map(({ what }) => what)
  const beacon = draw.beacon
  assert(beacon)
  const other = 'ab'.repeat(32)
  assert.deepEqual(wrong({}), [])
  assert.deepEqual(wrong({ secret: other }), ['commitment', 'seed'])
  assert.deepEqual(wrong({ commitment: other }), ['commitment'])
  assert.deepEqual(wrong({ root: other }), ['root', 'seed'])
  assert.deepEqual(wrong({ seed: other }), ['seed'])
  assert.deepEqual(wrong({ rosterCount: 299 }), ['root'])
  assert.deepEqual(wrong({}, accounts.slice(1)), ['root'])
  assert.deepEqual(wrong({}, [accounts[1] ?? '', accounts[0] ?? '', ...accounts.slice(2)]), ['root'])
  assert.deepEqual(wrong({ beacon: { ...beacon, signature: ground.chain.sign(beacon.round + 1) } }), ['signature', 'seed'])
  assert.deepEqual(wrong({ beacon: { ...beacon, publicKey: '00' } }), ['chain'])
  assert.deepEqual(wrong({ beacon: { ...beacon, signature: null } }), ['signature', 'seed'])
  assert.deepEqual(wrong({ beacon: { ...beacon, round: beacon.round - 3 } }), ['round', 'signature'])
  assert.deepEqual(wrong({ rootedAt: beacon.roundAt }), ['round'])
  assert.deepEqual(wrong({ rootedAt: null }), ['times', 'round'])
  assert.deepEqual(wrong({ committedAt: beacon.roundAt }), ['times'], 'a secret that was committed to when the round was out')
  assert.deepEqual(wrong({ sealedAt: null }), ['times'])
  assert.deepEqual(wrong({ sealedAt: beacon.roundAt }), ['times'])
  assert.deepEqual(wrong({ drawnAt: draw.rootedAt }), ['times'], 'a draw before its round was out')
  assert.deepEqual(wrong({ drawnAt: null }), ['times'])
  assert.deepEqual(wrong({ secret: null }), ['commitment', 'seed'], 'what is kept back after the draw')
  const later = { ...beacon, round: beacon.round + 1, roundAt: new Date(Date.parse(beacon.roundAt) + trusted().periodMs).toISOString(), signature: ground.chain.sign(beacon.round + 1) }
  const chosen = { beacon: later, seed: seedOf(hash, { secret: draw.secret ?? '', root: draw.root ?? '', signature: later.signature }) }
  assert.deepEqual(wrong(chosen), ['round'], 'a round that was waited for')
  assert.deepEqual(wrong({ ...chosen, weaker: ['round_replaced'] }), ['strength'], 'one that was replaced says so')
  assert.deepEqual(wrong({ beacon: null }), ['chain', 'seed'])
  assert.deepEqual(wrong({ weaker: ['round_replaced'] }), ['strength'])
  const own = await ground.queue.proof({ showId, userId: fans[0]?.userId ?? '' })
  const misproved = (change: Partial<typeof own>) => checkProof(hash, draw, { ...own, ...change }, fans[0]?.userId ?? '').filter(({ ok }) => ok === false).map(({ what }) => what)
  assert.deepEqual(misproved({ userId: fans[1]?.userId ?? '' }), ['account', 'inclusion'])
  assert.deepEqual(misproved({ number: own.number + 1 }), ['inclusion', 'rank'])
  assert.deepEqual(misproved({ path: own.path.slice(1) }), ['inclusion'])
  assert.deepEqual(misproved({ root: other }), ['inclusion'])
  assert.deepEqual(misproved({ rosterCount: 301 }), ['inclusion'])
  const foreign = await ground.queue.proof({ showId, userId: fans[1]?.userId ?? '' })
  assert.deepEqual(misproved(foreign), ['account'], 'a sound proof of somebody else')
  assert.deepEqual(misproved({ rank: (own.rank ?? 0) + 1 }), ['rank'])
})

test('who came after the sealing, or never, has no proof, and a line without a lobby has no draw', async () => {
  const { showId } = await drawnLine(3)
  const late = someone(showId)
  await ground.queue.join(late)
  assert.equal(await codeOf(ground.queue.proof({ showId, userId: late.userId })), 'place_not_drawn')
  assert.equal(await codeOf(ground.queue.proof({ showId, userId: someone(showId).userId })), 'place_unknown')
  const plain = await ground.publish()
  assert.equal(await codeOf(ground.queue.draw({ showId: plain })), 'draw_unknown')
  assert.equal(await codeOf(ground.queue.draw({ showId, windowId: (await lineRow(ground.db, plain)).windowId })), 'draw_unknown')
})

test('pages of the roster follow each other to its end and not beyond, also when others came later', async () => {
  const { showId } = await drawnLine(25)
  await ground.crowd(showId, 5)
  const pages = await Promise.all([0, 10, 20, 30].map(async (after) => (await ground.queue.roster({ showId, after, limit: 10 })).accounts))
  assert.deepEqual(pages.map((page) => page.length), [10, 10, 5, 0])
  assert.deepEqual(pages.flat(), (await ground.queue.roster({ showId, after: 0, limit: 1_000 })).accounts)
})

class Undone extends Error {}

test('verify finds a drawn line that does not stand in its order, and a draw that is not of its making', async () => {
  const { showId, fans } = await drawnLine(40)
  await ground.queue.leave(fans[5] as Who)
  const { windowId } = await lineRow(ground.db, showId)
  async function planted(statement: Sql): Promise<number[]> {
    assert.deepEqual(await ground.violations(), [])
    const found: number[] = []
    const work = ground.db.transaction(async (tx) => {
      await tx.rows(statement)
      for (const [index, check] of queueDrawChecks.entries()) if ((await check.compute(tx, ground.clock.now)).length > 0) found.push(index)
      throw new Undone()
    })
    await assert.rejects(work, Undone)
    return found
  }
  assert.deepEqual(await planted(sql`update queue.places set rank = rank + 1 where window_id = ${windowId} and status = 'called' and rank = 3`), [0])
  // somebody waits whom the line has passed
  assert.deepEqual(await planted(sql`update queue.lines set admitted_through = 30 where window_id = ${windowId}`), [0])
  // the first call is told to have come last
  assert.deepEqual(await planted(sql`
    update queue.place_events e set number = (select number from queue.place_events o where o.id = c.low + c.high - e.id)
    from (select min(id) as low, max(id) as high from queue.place_events where window_id = ${windowId} and what = 'called') c
    where e.window_id = ${windowId} and e.what = 'called' and e.id in (c.low, c.high)`), [1])
  assert.deepEqual(await planted(sql`update queue.draws set secret = ${'0'.repeat(64)} where window_id = ${windowId}`), [2])
  assert.deepEqual(await planted(sql`update queue.draws set root = ${'0'.repeat(64)} where window_id = ${windowId}`), [2])
  assert.deepEqual(await planted(sql`update queue.places set user_id = gen_random_uuid() where window_id = ${windowId} and number = 7`), [2])
  assert.deepEqual(await planted(sql`update queue.lines set seed = ${'0'.repeat(64)} where window_id = ${windowId}`), [0, 2])
})
