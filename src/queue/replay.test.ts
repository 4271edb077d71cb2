import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { randomUUID } from 'node:crypto'
import { hash } from './draw-hash.ts'
import { createReplay, type Drawn } from './replay.ts'
import { queueLimits } from './api.ts'
import { type ChainedLine, chained, chainStart, type RecordLine } from './record-chain.ts'
import { type Ground, minute, openGround, someone, verified, type Who } from './testing.ts'

let ground: Ground
before(async () => {
  ground = await openGround({ capDefault: 3 })
})
after(() => ground.close())

/** All pages of a record, of so few lines each that every kind of page is met. */
async function recordOf(showId: string, limit = 7): Promise<ChainedLine[]> {
  const lines: ChainedLine[] = []
  type Page = Awaited<ReturnType<Ground['queue']['record']>>
  for (let after: Page['next'] | undefined; after !== null; ) {
    const page: Page = await ground.queue.record({ showId, limit, ...(after && { after }) })
    lines.push(...(page.lines as ChainedLine[]))
    after = page.next
  }
  return lines
}
function verdictOf(lines: ChainedLine[], { complete = true, draw }: { complete?: boolean; draw?: Drawn } = {}) {
  const replay = createReplay(hash)
  for (const line of lines) replay.add(line)
  for (const window of replay.windows()) replay.drawn(window, draw)
  return replay.end(complete)
}
/** What a forger would publish: the chains are made anew over what was changed. */
function forged(lines: ChainedLine[]): ChainedLine[] {
  const heads: Record<string, string> = {}
  return lines.map(({ hash: _, ...line }) => {
    const chain = line.kind === 'join' ? String(line.window) : 'events'
    const made = chained(hash, line.kind === 'line' ? chainStart : (heads[chain] ?? chainStart), line as RecordLine)
    if (line.kind !== 'line') heads[chain] = made.hash
    return made
  })
}

/** A sale with everything in it: leavers, sleepers, a woken one, a take-over, a purchase, a pause and two caps. */
async function sale(): Promise<{ showId: string; lines: ChainedLine[]; fans: Who[] }> {
  const showId = await ground.publish([{ closesAt: ground.clock.now + 60 * minute }])
  const fans = await ground.crowd(showId, 20)
  const [first, second, sleeper] = fans as [Who, Who, Who]
  await ground.queue.leave(fans[5] as Who)
  await ground.queue.pass(verified(first))
  await ground.queue.pass({ ...verified(first), sessionId: randomUUID(), takeOver: true })
  await ground.queue.pass(verified(second))
  await ground.settle()
  await ground.pass(3 * minute + 500)
  await ground.queue.wake(sleeper)
  await ground.queue.leave(second)
  await ground.settle()
  await ground.hear('show.paused', showId)
  await ground.hear('show.resumed', showId, { pausedMs: 1 })
  await ground.queue.control({ showId, by: randomUUID(), cap: 6 })
  await ground.queue.leave(first)
  await ground.settle()
  await ground.queue.join({ ...first, sessionId: randomUUID() })
  await ground.settle()
  for (let i = 0; i < 30; i++) {
    await ground.pass(11 * minute)
    await ground.settle()
  }
  return { showId, lines: await recordOf(showId), fans }
}

test('a whole sale is recomputed from its public record: the cap was kept, nobody was passed, whatever the pages', async () => {
  const { showId, lines, fans } = await sale()
  const verdict = verdictOf(lines)
  assert.deepEqual(verdict.violations, [])
  assert.deepEqual([verdict.joins, verdict.capMax, verdict.liveMax], [21, 6, 6])
  assert.equal((await ground.queue.record({ showId, limit: 1 })).complete, true)
  assert.deepEqual(await recordOf(showId, 1_000), lines)
  const { name } = await ground.queue.story({ showId, userId: (fans[0] as Who).userId })
  assert.deepEqual(lines.filter((line) => line.who === name).map(({ number }) => number), [1, 21], 'who knows their name finds themselves')
  const text = JSON.stringify(lines)
  for (const { userId } of fans) assert(!text.includes(userId))
})

test('a record that was changed does not check, even by who makes the chains anew', async () => {
  const { lines } = await sale()
  const is = (kind: string, what: string) => (line: ChainedLine) => line.kind === kind && line.what === what
  const kinds = (changed: ChainedLine[]) => [...new Set(verdictOf(changed).violations.map(({ what }) => what))]
  const without = (index: number) => lines.filter((_, i) => i !== index)
  const edited = (index: number, more: object) => lines.map((line, i) => (i === index ? { ...line, ...more } : line))
  assert.deepEqual(kinds(edited(lines.findIndex(is('place', 'called')), { id: 0 })), ['chain_broken'])
  assert(kinds(without(3)).includes('chain_broken'))

  const cases: [string, ChainedLine[], string][] = [
    ['a cap that was lower', edited(lines.findIndex(is('gate', 'cap')), { detail: { cap: 2 } }), 'cap_exceeded'],
    ['somebody who waited and was passed', edited(lines.findIndex((line) => line.kind === 'place' && line.what === 'called' && line.number === 2), { number: 9 }), 'passed_over'],
    ['a leaver that never left', without(lines.findIndex((line) => line.kind === 'place' && line.what === 'ended' && line.number === 6)), 'passed_over'],
    ['a join that vanished', without(lines.findIndex((line) => line.kind === 'join' && line.number === 4)), 'number_gap'],
    ['one account with two places', edited(lines.findIndex((line) => line.kind === 'join' && line.number === 2), { who: lines.find((line) => line.kind === 'join')?.who }), 'two_places'],
    ['a claim without a call', without(lines.findIndex((line) => line.kind === 'place' && line.what === 'called' && line.number === 1)), 'impossible'],
    ['a cap that is not told', without(lines.findIndex(is('gate', 'cap'))), 'cap_exceeded'],
    ['a line that begins anew in the middle', [...lines.slice(0, 40), lines[0] as ChainedLine, ...lines.slice(40)], 'impossible'],
    ['a friend who came late, with an early number', edited(lines.findIndex((line) => line.kind === 'join' && line.number === 2), { at: ground.clock.now }), 'impossible'],
    ['a call before the join', edited(lines.findIndex(is('place', 'called')), { at: 1 }), 'impossible'],
    ['an event of a place that is not told', edited(lines.findIndex(is('place', 'woken')), { number: 1_000_000_000_000 }), 'impossible'],
    ['a seed that nobody drew', edited(0, { seed: 'ab'.repeat(32), rosterCount: 20 }), 'other_draw'],
    ['a call in a pause', without(lines.findIndex(is('gate', 'resumed'))), 'called_while_paused'],
  ]
  for (const [what, changed, violation] of cases) assert(kinds(forged(changed)).includes(violation as never), `${what}: ${kinds(forged(changed))}`)
})

test('a woken place that is passed, and a call from a line that was closed, are seen', async () => {
  const showId = await ground.publish()
  await ground.crowd(showId, 7)
  await ground.pass(3 * minute + 500)
  const lines = await recordOf(showId)
  assert.deepEqual(verdictOf(lines, { complete: false }).violations, [])
  const kinds = (changed: ChainedLine[]) => verdictOf(forged(changed), { complete: false }).violations.map(({ what }) => what)
  const is = (what: string, number: number) => (line: ChainedLine) => line.what === what && line.number === number
  const slept = lines.findLastIndex(is('slept', 3))
  const woken = { ...(lines[slept] as ChainedLine), what: 'woken', number: 1 }
  assert.deepEqual(kinds(lines.toSpliced(slept + 1, 0, woken)), ['passed_over'])
  const closed: RecordLine = { kind: 'gate', id: 0, at: ground.clock.now, what: 'closed', detail: { windowId: lines[0]?.window, phase: 'closed' } }
  assert.deepEqual(kinds(lines.toSpliced(slept + 1, 0, closed as ChainedLine)), ['called_while_closed'])
})

test('the order of a drawn line is held against its published draw: another seed, roster or sealing is another draw', async () => {
  const showId = await ground.publish([{ lobbyOpensAt: ground.clock.now, opensAt: ground.clock.now + 5 * minute }])
  await ground.crowd(showId, 30)
  await ground.pass(5 * minute - queueLimits.sealMs)
  await ground.run('queue.phases')
  await ground.run('queue.draws')
  await ground.pass(queueLimits.sealMs)
  await ground.run('queue.draws')
  const lines = await recordOf(showId)
  const { seed, rosterCount, sealedAt, phase } = await ground.queue.draw({ showId })
  const draw = { seed, rosterCount, sealedAt: new Date(sealedAt ?? 0).toISOString() }
  const found = (change?: Partial<Drawn>) => verdictOf(lines, { complete: false, draw: { ...draw, ...change } }).violations.map(({ what }) => what)
  assert.equal(phase, 'open')
  assert.deepEqual(found(), [])
  assert.deepEqual(found({ seed: 'ab'.repeat(32) }), ['other_draw'])
  assert.deepEqual(found({ seed: null }), ['other_draw'])
  assert.deepEqual(found({ rosterCount: 29 }), ['other_draw'])
  assert.deepEqual(found({ sealedAt: new Date(ground.clock.now - 6 * minute).toISOString() }), ['other_draw'])
  assert.deepEqual(verdictOf(lines, { complete: false }).violations.map(({ what }) => what), ['other_draw'], 'a record of a draw that nobody published')
})

test('who joined while a running sale was read is not judged, and is no violation', async () => {
  const showId = await ground.publish()
  await ground.crowd(showId, 5)
  const joins = (await recordOf(showId)).filter(({ kind }) => kind !== 'place' && kind !== 'gate')
  await ground.crowd(showId, 1)
  await ground.queue.control({ showId, by: randomUUID(), cap: 9 })
  const events = (await recordOf(showId)).filter(({ kind }) => kind === 'place' || kind === 'gate')
  const verdict = verdictOf([...joins, ...events], { complete: false })
  assert.deepEqual([verdict.violations, verdict.calls, verdict.unjudged], [[], 5, 1])
  assert.deepEqual(verdictOf([...joins, ...events]).violations.map(({ what }) => what), ['impossible'], 'a record that is whole has no such thing')
  const hiding = { ...(events.find(({ kind }) => kind === 'place') as ChainedLine), number: 999, at: ground.clock.now + minute }
  const hidden = verdictOf(forged([...joins, hiding, ...events]), { complete: false })
  assert(hidden.violations.some(({ what }) => what === 'impossible'), 'what is older than a line that cannot be judged could have been')
})

test('a running sale says that more will follow, and grows at the ends of its chains only', async () => {
  const showId = await ground.publish()
  await ground.crowd(showId, 5)
  const before = await recordOf(showId)
  assert.equal((await ground.queue.record({ showId, limit: 1 })).complete, false)
  await ground.queue.join(someone(showId))
  await ground.queue.leave((await ground.crowd(showId, 1))[0] as Who)
  const hashes = new Set((await recordOf(showId)).map(({ hash }) => hash))
  assert(before.every(({ hash }) => hashes.has(hash)))
})
