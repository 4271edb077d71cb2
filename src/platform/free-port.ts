import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

// below those that systems give to outgoing connections: a process that starts again finds its port free
const portMin = 15_000
const portMax = 32_000

/** Processes that start others at the same time each have a part of the ports: `1/3` in FREE_PORTS is the first of three. */
const [, part = 1, parts = 1] = (/^([1-9])\/([1-9])$/.exec(process.env.FREE_PORTS ?? '') ?? []).map(Number)
const partSize = Math.floor((portMax - portMin) / parts)
const randomPort = () => portMin + ((part - 1) % parts) * partSize + Math.floor(Math.random() * partSize)

/** Ports of 127.0.0.1 that are free now, all of them held until the last is known, so that they differ. */
export async function freePorts(count: number): Promise<number[]> {
  const servers: Server[] = []
  for (let tries = 0; servers.length < count && tries < 100 * count; tries++) {
    const server = createServer().listen(randomPort(), '127.0.0.1')
    await once(server, 'listening').then(() => servers.push(server), () => undefined)
  }
  if (servers.length < count) throw new Error('no ports are free')
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports
}

export async function freePort(): Promise<number> {
  const [port] = await freePorts(1)
  return port as number
}
