import { connect, type Socket } from 'node:net'

export type LoadResult = { perSecond: number; done: number; seconds: number; statuses: Record<string, number>; latencyMs: number[] }
/** The bytes of the next request, see `postOf` and `getOf`; undefined when there is none left. */
export type NextRequest = () => Buffer | undefined

const answerBytesMax = 16_384
/** for all connections: what is read is copied out before the next one reads */
const buffer = Buffer.allocUnsafe(answerBytesMax)
const [bodyStarts, contentLength] = ['\r\n\r\n', 'content-length: ']

/**
 * A closed-loop generator on raw sockets: each connection sends its next request when its answer is in. It shares the
 * machine with the server and its database, so it does as little as it can: requests are made before, and each is one
 * write and one read. The clock starts when all are connected.
 */
export async function load(url: string, connections: number, seconds: number, next: NextRequest): Promise<LoadResult> {
  const statuses: Record<string, number> = {}
  const latencyMs: number[] = []
  const onAnswer = (status: string, ms: number) => {
    statuses[status] = (statuses[status] ?? 0) + 1
    latencyMs.push(ms)
  }
  const opened = await Promise.all(Array.from({ length: connections }, () => connected(new URL(url))))
  const startedAt = performance.now()
  const endAt = startedAt + seconds * 1_000
  await Promise.all(opened.map((connection) => keepAsking(connection, endAt, next, onAnswer)))
  const spent = (performance.now() - startedAt) / 1_000
  return { perSecond: latencyMs.length / spent, done: latencyMs.length, seconds: spent, statuses, latencyMs }
}

/** A POST of JSON as bytes; `headers` end in a line break each, all of it is ASCII. */
export const postOf = (path: string, headers: string, body: string) =>
  Buffer.from(`POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n${headers}\r\n${body}`, 'latin1')

export const getOf = (path: string, headers: string) => Buffer.from(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${headers}\r\n`, 'latin1')

type Connection = { socket: Socket; read: (text: string) => void }

const connected = ({ hostname, port }: URL) =>
  new Promise<Connection>((resolve, reject) => {
    const onread = { buffer, callback: (bytes: number) => {
      connection.read(buffer.toString('latin1', 0, bytes))
      return true
    } }
    const connection: Connection = { socket: connect({ port: Number(port), host: hostname, noDelay: true, onread }), read: () => undefined }
    connection.socket.once('error', reject).once('connect', () => resolve(connection))
  })

/** Each once. */
export function inOrder(requests: Buffer[]): NextRequest {
  let sent = 0
  return () => requests[sent++]
}

/** Without an end. */
export function roundAndRound(requests: Buffer[]): NextRequest {
  let sent = 0
  return () => requests[sent++ % requests.length]
}

const keepAsking = (connection: Connection, endAt: number, next: NextRequest, onAnswer: (status: string, ms: number) => void) =>
  new Promise<void>((resolve, reject) => {
    const { socket } = connection
    let received = ''
    let sentAt = 0
    const send = () => {
      const request = performance.now() < endAt ? next() : undefined
      if (!request) {
        socket.destroy()
        return resolve()
      }
      sentAt = performance.now()
      socket.write(request)
    }
    connection.read = (more) => {
      const text = received + more
      const end = text.indexOf(bodyStarts)
      const at = text.indexOf(contentLength)
      if (end >= 0 && at < 0) reject(new Error('an answer without content-length'))
      received = text
      if (end < 0 || text.length < end + bodyStarts.length + Number.parseInt(text.slice(at + contentLength.length, at + contentLength.length + 8), 10)) return
      received = ''
      onAnswer(text.slice(9, 12), performance.now() - sentAt)
      send()
    }
    socket.on('error', reject)
    send()
  })
