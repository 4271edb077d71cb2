import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { createSigner } from '../platform/signature.ts'
import type { LineFrame } from './api.ts'
import { createEventReader } from './events.ts'
import { followLine } from './follow.ts'
import { pollMsOf } from './pace.ts'
import { isGenuine } from './verify.ts'
import type { LineView } from './view.ts'

const start = Date.UTC(2030, 0, 1)
const bytes = (text: string) => new TextEncoder().encode(text)

/** Time that only the test moves, and a server that answers what the test says. */
function ground({ random = () => 0.5, rank = 500 }: { random?: () => number; rank?: number } = {}) {
  let now = start
  let sequence = 0
  const timers = new Set<{ at: number; act: () => void }>()
  const asked: { at: number; path: string; headers: Record<string, string> }[] = []
  const seen: LineView[] = []
  let answer: 'stream' | 'full' | 'away' | 'silent' = 'stream'
  let open: ReadableStreamDefaultController<Uint8Array> | undefined
  let admitted = 0
  const document = () => JSON.stringify({ windowId: 'w', epoch: 1, at: new Date(now + sequence++).toISOString(), phase: 'open', last: 1_000, admittedThrough: admitted, rate: 2, signature: 'x' } satisfies LineFrame)
  const follower = followLine({
    url: 'http://x/queue', now: () => now, random, rankOf: () => rank,
    after: (ms, act) => {
      const timer = { at: now + ms, act }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    fetch: async (url, { headers, signal }) => {
      const path = url.slice('http://x/queue'.length)
      asked.push({ at: now - start, path, headers })
      if (answer === 'away') throw new TypeError('fetch failed')
      if (path === '') return new Response(document(), { headers: { etag: '"1"' } })
      if (answer === 'full') return new Response('{}', { status: 503, headers: { 'retry-after': '7' } })
      const body = new ReadableStream<Uint8Array>({ start: (controller) => {
        open = controller
      } })
      const mine = open
      signal.addEventListener('abort', () => mine?.error(new Error('given up')))
      if (answer !== 'silent') mine?.enqueue(bytes(`retry: 4000\n\nid: 1\nevent: frame\ndata: ${document()}\n\n`))
      return new Response(body)
    },
    onChange: (view) => void seen.push(view),
  })
  const settle = async () => {
    for (let i = 0; i < 20; i++) await turn()
  }
  return {
    asked, seen, follower, settle,
    become: (next: typeof answer) => {
      answer = next
    },
    admit: (through: number) => {
      admitted = through
    },
    push: async () => {
      open?.enqueue(bytes(`id: 2\nevent: frame\ndata: ${document()}\n\n`))
      await settle()
    },
    breakOff: async () => {
      open?.error(new Error('reset'))
      await settle()
    },
    pass: async (ms: number) => {
      for (const end = now + ms; ; ) {
        await settle()
        const due = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
        now = due ? Math.max(now, due.at) : end
        if (!due) return
        timers.delete(due)
        due.act()
      }
    },
    paths: (from = 0) => asked.filter(({ at }) => at >= from).map(({ path }) => path),
    timers,
  }
}

test('it follows the stream: each frame is a view, with its age', async () => {
  const { pass, push, admit, seen, follower, asked } = ground()
  await pass(0)
  admit(100)
  await pass(1_000)
  await push()
  assert.deepEqual([asked.map(({ path }) => path), seen.map(({ position }) => position)], [['/stream'], [499, 399]])
  await pass(2_000)
  assert.equal(follower.view()?.ageMs, 2_000)
})

test('a stream that breaks off is taken up again at the time the server gave this reader, with the last id; twice, and it asks for a while', async () => {
  const { pass, breakOff, become, asked, paths } = ground()
  await pass(0)
  become('away')
  await breakOff()
  await pass(3_999)
  assert.deepEqual(paths(), ['/stream'])
  await pass(1)
  assert.deepEqual(asked.map(({ at, path, headers }) => [at, path, headers['last-event-id']]), [[0, '/stream', undefined], [4_000, '/stream', '1']])
  become('stream')
  await pass(30_000)
  assert.ok(paths(4_001).length >= 2 && paths(4_001).every((path) => path === ''), 'it asks')
  await pass(60_000)
  assert.equal(paths().at(-1), '/stream')
})

test('a stream that is silent is dead', async () => {
  const { pass, become, breakOff, paths } = ground()
  await pass(0)
  await breakOff()
  become('silent')
  await pass(4_000)
  await pass(5_999)
  assert.deepEqual(paths(), ['/stream', '/stream'])
  become('stream')
  await pass(20_000)
  assert.ok(paths().includes(''), 'it asks')
})

test('told that streams are full it asks instead, and tries again after as long as it was told and chance adds', async () => {
  const { pass, become, asked, paths, seen } = ground()
  become('full')
  await pass(50_000)
  assert.ok(paths().filter((path) => path === '').length >= 2)
  assert.equal(paths().filter((path) => path === '/stream').length, 1)
  assert.ok(seen.length >= 2)
  await pass(40_000)
  assert.equal(asked.find(({ at, path }) => at > 0 && path === '/stream')!.at >= 67_000, true)
})

test('a hidden tab gives its stream back and asks once a minute; shown again it hears the newest within a second', async () => {
  const { pass, follower, paths, asked } = ground({ rank: 50_000 })
  await pass(0)
  follower.show(false)
  await pass(300_000)
  const quiet = paths(1)
  assert.ok(quiet.length >= 3 && quiet.length <= 8 && quiet.every((path) => path === ''), `${quiet.length} questions`)
  const before = asked.length
  follower.show(true)
  await pass(1_000)
  assert.deepEqual(asked.slice(before).map(({ path }) => path), ['/stream'])
})

test('a hidden tab whose turn is near stays awake', async () => {
  const { pass, follower, paths, push, seen } = ground({ rank: 20 })
  await pass(0)
  follower.show(false)
  await push()
  await pass(5_000)
  assert.deepEqual([paths(), seen.length], [['/stream'], 2])
})

test('closed, it asks no more and tells no more', async () => {
  const { pass, follower, push, seen, timers, asked } = ground()
  await pass(0)
  follower.close()
  await push().catch(() => undefined) // the stream is given up
  await pass(600_000)
  assert.deepEqual([seen.length, asked.length, timers.size], [1, 1, 0])
})

test('while nothing can be reached it goes on trying, at its pace, and the age grows', async () => {
  const { pass, become, breakOff, follower, paths } = ground()
  await pass(0)
  become('away')
  await breakOff()
  await pass(120_000)
  assert.ok(paths().length >= 5 && paths().length <= 40, `${paths().length} tries`)
  assert.equal(follower.view()?.ageMs, 120_000)
  become('stream')
  await pass(60_000)
  assert.ok((follower.view()?.ageMs ?? 1e9) < 60_000)
})

test('however a stream is cut, the same events are read', () => {
  const text = 'retry: 1234\n\nid: a\nevent: frame\ndata: {"x":"가: b"}\n\n: \n\nid: b\nevent: frame\ndata: 2\n\n'
  fc.assert(fc.property(fc.array(fc.nat(text.length), { maxLength: 10 }), (cuts) => {
    const events: string[][] = []
    const retries: number[] = []
    const read = createEventReader({ onEvent: (...event) => void events.push(event), onRetry: (ms) => void retries.push(ms) })
    const edges = [0, ...cuts.sort((a, b) => a - b), text.length]
    for (const [i, end] of edges.entries()) if (i > 0) read(text.slice(edges[i - 1], end))
    assert.deepEqual([events, retries], [[['frame', '{"x":"가: b"}', 'a'], ['frame', '2', 'b']], [1_234]])
  }))
  assert.throws(() => createEventReader({ onEvent: () => undefined, onRetry: () => undefined })('x'.repeat(70_000)), /without an end/)
})

const viewOf = (low: number): LineView => ({ phase: 'open', position: 1, isDue: false, wait: { low, high: low }, grew: false, odds: null, seats: null, availability: null, reason: null, message: null, opensAt: null, ageMs: 0 })

test('who is near asks each second, who is far each half minute, a hidden tab each minute', () => {
  const at = (view: LineView | undefined, isHidden = false) => pollMsOf(view, { now: start, random: () => 0.5, isHidden })
  assert.deepEqual([at(viewOf(0)), at(viewOf(60)), at(viewOf(300)), at(viewOf(9_000)), at(undefined)], [1_000, 3_000, 15_000, 30_000, 10_000])
  assert.equal(at({ ...viewOf(0), isDue: true }), 5_000)
  assert.deepEqual([at(viewOf(300), true), at(viewOf(60), true)], [60_000, 3_000])
  assert.equal(at({ ...viewOf(0), phase: 'lobby', opensAt: new Date(start + 40_000).toISOString() }), 2_000)
  assert.equal(at({ ...viewOf(0), phase: 'closed' }), 10_000)
})

test('ten thousand who began together do not ask together: after a few rounds no tenth of a second has three times its share', () => {
  let state = 7
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  const buckets = new Map<number, number>()
  for (let fan = 0; fan < 10_000; fan++) {
    let at = 0
    for (let round = 0; round < 8; round++) at += pollMsOf(viewOf(200), { now: start, random, isHidden: false })
    buckets.set(Math.floor(at / 100), (buckets.get(Math.floor(at / 100)) ?? 0) + 1)
  }
  const cycle = 10_000 / 100
  assert.ok(Math.max(...buckets.values()) < (10_000 / cycle) * 3, `${Math.max(...buckets.values())} in a tenth of a second`)
})

test('a browser verifies a frame by itself', async () => {
  const signer = createSigner('frame', [{ id: 'a', secret: 's'.repeat(40) }])
  const [other] = createSigner('frame', [{ id: 'b', secret: 't'.repeat(40) }]).publicKeys
  const text = '{"windowId":"w","message":"가"}'
  const document = `${text.slice(0, -1)},"signature":"${signer.sign(text)}"}`
  const keys = [other, ...signer.publicKeys].map((key) => key?.publicKey ?? '')
  assert.deepEqual(await Promise.all([isGenuine(document, keys), isGenuine(document, keys.slice(0, 1)), isGenuine(document.replace('가', '나'), keys), isGenuine(text, keys)]), [true, false, false, false])
})

test('all of it is less than 5 KB on the wire', () => {
  const folder = new URL('.', import.meta.url)
  const names = readdirSync(folder).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  const code = names.map((name) => stripTypeScriptTypes(readFileSync(new URL(name, folder), 'utf8'), { mode: 'strip' }))
    .join('\n').replaceAll(/\/\*\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '').replaceAll(/^import .*$/gm, '').replaceAll(/\s*\n\s*/g, '\n')
  const size = gzipSync(code).length
  assert.ok(size < 5_000, `${size} bytes`)
  assert.ok(names.every((name) => [...readFileSync(new URL(name, folder), 'utf8').matchAll(/from '([^']+)'/g)].every(([, from]) => from?.startsWith('./'))), 'it needs nothing else')
})
