import { connect, type Socket } from 'node:net'

export type LoadResult = { perSecond: number; done: number; seconds: number; statuses: Record<string, number>; latencyMs: number[] }
export type NextRequest = () => { path: string; headers: string; body: string } | undefined

/**
 * A closed-loop generator on raw sockets: each connection sends its next POST when its answer is in. It costs far less
 * CPU than an HTTP client, so that the server, not the generator, is measured.
 */
export async function load(url: string, connections: number, seconds: number, next: NextRequest): Promise<LoadResult> {
  const { hostname, port, host } = new URL(url)
  const statuses: Record<string, number> = {}
  const latencyMs: number[] = []
  let done = 0
  const startedAt = performance.now()
  const endAt = startedAt + seconds * 1_000
  await Promise.all(Array.from({ length: connections }, () => new Promise<void>((resolve, reject) => {
    const socket: Socket = connect(Number(port), hostname)
    socket.setNoDelay(true)
    let received = ''
    let sentAt = 0
    const send = () => {
      const request = performance.now() < endAt ? next() : undefined
      if (!request) {
        socket.destroy()
        return resolve()
      }
      sentAt = performance.now()
      socket.write(`POST ${request.path} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(request.body)}\r\n${request.headers}\r\n${request.body}`)
    }
    socket.on('connect', send)
    socket.on('error', reject)
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
      const end = received.indexOf('\r\n\r\n')
      if (end < 0) return
      const length = /content-length: (\d+)/i.exec(received.slice(0, end))?.[1]
      if (length === undefined) return reject(new Error('an answer without Content-Length'))
      if (received.length < end + 4 + Number(length)) return
      const status = received.slice(9, 12)
      statuses[status] = (statuses[status] ?? 0) + 1
      latencyMs.push(performance.now() - sentAt)
      done++
      received = ''
      send()
    })
  })))
  const spent = (performance.now() - startedAt) / 1_000
  return { perSecond: done / spent, done, seconds: spent, statuses, latencyMs }
}
