import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { freePorts } from './free-port.ts'
import { openRedis, scriptOf } from './redis.ts'

const cluster = process.env.TEST_REDIS_CLUSTER
const options = { skip: cluster ? false : 'NOT TESTED: needs TEST_REDIS_CLUSTER', timeout: 60_000 }
const one = scriptOf('return 1')

/** What stands at this port is the node at another, from now on. */
async function forward(port: number, node: number, t: TestContext) {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    const behind = connect(node, '127.0.0.1')
    for (const [from, to] of [[socket, behind], [behind, socket]] as const) sockets.add(from.on('error', () => to.destroy()).pipe(to).on('close', () => from.destroy()))
  }).listen(port, '127.0.0.1')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  await once(server, 'listening')
}

test('a Cluster that is away when a process starts is found when it is there, and one that is not waited for any more lets the process end', options, async (t) => {
  const nodes = new URL((cluster ?? '').split(',')[0] ?? '').port
  const ports = await freePorts(2)
  const url = `redis://${ports.map((port) => `127.0.0.1:${port}`).join(',')}`
  const [waiting, leaving] = [await openRedis(url), await openRedis(url)]
  t.after(() => waiting.close())
  await assert.rejects(waiting.run(one, ['{a}'], []))
  assert.equal(waiting.wasConnected(), false)
  leaving.close()
  for (const port of ports) await forward(port, Number(nodes), t)
  while (!(await waiting.run(one, ['{a}'], []).then(() => true, () => false))) {
    t.signal.throwIfAborted()
    await turn()
  }
  assert.equal(waiting.wasConnected(), true)
})
