import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, beforeEach, test } from 'node:test'
import sql, { raw } from 'sql-template-tag'
import { createOperations } from '../src/gateway/operations.ts'
import type { Database } from '../src/platform/database.ts'
import type { Subscriber } from '../src/platform/inbox.ts'
import { createMetrics } from '../src/platform/metrics.ts'
import { listParked, park, replayAll } from '../src/platform/parked.ts'
import { openTestDatabase } from '../src/platform/testing.ts'
import { type ServiceName, serviceNames } from '../src/services.ts'
import { exportRoutes } from '../src/verify-processes.ts'

/** The operations ports of a split system in this process: the command is asked from outside. */
const absent: ServiceName[] = ['seat', 'reservation', 'payment']
const present = serviceNames.filter((name) => !absent.includes(name))
const heard: string[] = []
let version = 0
let db: Database
let ports: { url: string; close: () => Promise<unknown> }[]

before(async () => {
  db = await openTestDatabase(present)
  ports = await Promise.all([...present.map((name) => [name]), []].map(openPort))
})
after(async () => {
  await Promise.all(ports.map((port) => port.close()))
  await db.close()
})
beforeEach(async () => {
  heard.length = 0
  version++
  for (const subscriber of ['wallet', 'queue']) {
    await db.rows(sql`delete from ${raw(subscriber)}.parked`)
    await park(db, subscriber, [{ producer: 'user', key: 'a fan', name: 'user.erased', version, occurredAt: 0, data: {} }], 'planted', 0)
  }
})

/** One process of these services; the user service listens to nothing, a gateway has none. */
async function openPort(services: ServiceName[]) {
  const subscribers: Subscriber[] = services.filter((name) => name !== 'user').map((name) => ({ name, on: { 'user.erased': async () => void heard.push(name) } }))
  const app = createOperations({
    metrics: createMetrics(), ready: async () => [], verify: () => Promise.reject(new Error('nobody asks')),
    parked: { list: () => listParked(db, subscribers.map(({ name }) => name)), replay: (which) => replayAll(db, subscribers, which) },
    mount: (port) => exportRoutes(port, { services, absent, dbOf: () => db }),
  })
  return { url: await app.listen({ host: '127.0.0.1', port: 0 }), close: () => app.close() }
}

const run = (...args: string[]) => new Promise<{ code: number; answer: Record<string, any>; stderr: string }>((resolve) => {
  const argv = ['src/cli/parked.ts', '--json', '--ops-url', ports.map(({ url }) => url).join(','), ...args]
  execFile(process.execPath, argv, (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, answer: JSON.parse(stdout || '{}'), stderr }))
})

test('in a system without seats what is parked is listed by those who are there, and replayed by those who listen', async () => {
  const list = await run()
  assert.deepEqual([list.code, list.answer.count], [0, 2], list.stderr)
  const replay = await run('--replay')
  assert.deepEqual([replay.code, replay.answer.applied?.length, replay.answer.failed?.length], [0, 2, 0], replay.stderr)
  assert.deepEqual(heard.toSorted(), ['queue', 'wallet'])
})

test('one who is not there, or listens to nothing, is told apart from those who do', async () => {
  for (const [name, said] of [['seat', /there are .*wallet/], ['walet', /there are .*wallet/], ['user', /there is none here/]] as const) {
    const { code, stderr } = await run('--replay', '--subscriber', name)
    assert.equal(code, 1)
    assert.match(stderr, said)
  }
  assert.deepEqual(heard, [])
  assert.equal((await run('--replay', '--subscriber', 'wallet')).code, 0)
  assert.deepEqual(heard, ['wallet'])
})

test('a service of which no process answers is said, not passed over', async () => {
  const { url } = ports[present.indexOf('wallet')] as { url: string }
  const { code, stderr } = await run('--ops-url', ports.map((port) => port.url).filter((each) => each !== url).join(','))
  assert.equal(code, 1)
  assert.match(stderr, /no process answers for wallet/)
})
