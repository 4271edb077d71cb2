import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { randomUUID } from 'node:crypto'
import { hash } from './draw-hash.ts'
import { createReplay } from './replay.ts'
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
function verdictOf(lines: ChainedLine[]) {
  const replay = createReplay(hash)
  for (const line of lines) replay.add(line)
  return replay.end()
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
  assert.deepEqual(kinds(edited(lines.findIndex(is('place', 'called')), { at: 1 })), ['chain_broken'])
  assert(kinds(without(3)).includes('chain_broken'))

  const cases: [string, ChainedLine[], string][] = [
    ['a cap that was lower', edited(lines.findIndex(is('gate', 'cap')), { detail: { cap: 2 } }), 'cap_exceeded'],
    ['somebody who waited and was passed', edited(lines.findIndex((line) => line.kind === 'place' && line.what === 'called' && line.number === 2), { number: 9 }), 'passed_over'],
    ['a leaver that never left', without(lines.findIndex((line) => line.kind === 'place' && line.what === 'ended' && line.number === 6)), 'passed_over'],
    ['a join that vanished', without(lines.findIndex((line) => line.kind === 'join' && line.number === 4)), 'number_gap'],
    ['one account with two places', edited(lines.findIndex((line) => line.kind === 'join' && line.number === 2), { who: lines.find((line) => line.kind === 'join')?.who }), 'two_places'],
    ['a claim without a call', without(lines.findIndex((line) => line.kind === 'place' && line.what === 'called' && line.number === 1)), 'impossible'],
    ['a call in a pause', without(lines.findIndex(is('gate', 'resumed'))), 'called_while_paused'],
  ]
  for (const [what, changed, violation] of cases) assert(kinds(forged(changed)).includes(violation as never), `${what}: ${kinds(forged(changed))}`)
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
