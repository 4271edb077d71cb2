import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { type TestContext, test } from 'node:test'
import { createClient } from '@redis/client'
import { freePort, freePorts } from './free-port.ts'
import { openRedis, type Redis, scriptOf } from './redis.ts'
import { hasRedisServer, startTestRedis } from './testing-redis.ts'

const cluster = process.env.TEST_REDIS_CLUSTER
const onCluster = { skip: cluster ? false : 'NOT TESTED: needs TEST_REDIS_CLUSTER', timeout: 60_000 }
const onServers = { skip: hasRedisServer || process.env.CI === 'true' ? false : 'NOT TESTED: there is no redis-server to start', timeout: 60_000 }
const lastSlot = 16_383
const answers = (redis: Redis) => redis.run(scriptOf('return 1'), ['{a}'], []).then(() => true, () => false)

async function answersAtLast(redis: Redis, { signal }: TestContext) {
  while (!(await answers(redis))) {
    signal.throwIfAborted()
    await turn()
  }
}

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

/** A node of a Cluster of which nobody has slots yet. */
async function openNode(t: TestContext) {
  const bus = await freePort()
  const server = await startTestRedis(['--cluster-enabled', 'yes', '--cluster-port', String(bus)])
  t.after(server.close)
  const port = Number(new URL(server.url).port)
  const tell = async (...command: (string | number)[]) => {
    const client = await createClient({ url: server.url }).connect()
    return String(await client.sendCommand(command.map(String)).finally(() => client.destroy()))
  }
  return { place: `127.0.0.1:${port}`, meeting: ['127.0.0.1', port, bus], kill: server.kill, tell }
}

test('a Cluster that is away when a process starts is found when it is there, and one that is not waited for any more lets the process end', onCluster, async (t) => {
  const node = new URL((cluster ?? '').split(',')[0] ?? '').port
  const ports = await freePorts(2)
  const url = `redis://${ports.map((port) => `127.0.0.1:${port}`).join(',')}`
  const [waiting, leaving] = [await openRedis(url), await openRedis(url)]
  t.after(() => waiting.close())
  assert.equal(await answers(waiting), false)
  assert.equal(waiting.wasConnected(), false)
  leaving.close()
  for (const port of ports) await forward(port, Number(node), t)
  await answersAtLast(waiting, t)
  assert.equal(waiting.wasConnected(), true)
})

test('nodes that are no Cluster yet are not taken for one', onServers, async (t) => {
  const { place, tell } = await openNode(t)
  const redis = await openRedis(`redis://${place},${place}`)
  t.after(() => redis.close())
  assert.deepEqual([await answers(redis), redis.wasConnected()], [false, false])
  await tell('CLUSTER', 'ADDSLOTSRANGE', 0, lastSlot)
  await answersAtLast(redis, t)
})

test('a node that is dead when a process starts and is replaced later is waited for no longer than that', onServers, async (t) => {
  const [living, dead] = [await openNode(t), await openNode(t)]
  await living.tell('CLUSTER', 'ADDSLOTSRANGE', 0, 99)
  await dead.tell('CLUSTER', 'ADDSLOTSRANGE', 100, lastSlot)
  await living.tell('CLUSTER', 'MEET', ...dead.meeting)
  while (!(await living.tell('CLUSTER', 'INFO')).includes('cluster_state:ok')) t.signal.throwIfAborted()
  const own = await living.tell('CLUSTER', 'MYID')
  await dead.kill()
  const redis = await openRedis(`redis://${living.place},${living.place}`)
  t.after(() => redis.close())
  assert.deepEqual([await answers(redis), redis.wasConnected()], [false, false])
  for (let slot = 100; slot <= lastSlot; slot += 1_000) await living.tell('EVAL', "for slot = tonumber(ARGV[1]), tonumber(ARGV[2]) do redis.call('cluster', 'setslot', slot, 'node', ARGV[3]) end", 0, slot, Math.min(lastSlot, slot + 999), own)
  await answersAtLast(redis, t)
})
