import { mkdirSync } from 'node:fs'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { PGlite } from '@electric-sql/pglite'

/** What the main thread may ask for: a port for a new connection, a copy of the data, or the end. */
export type WorkerRequest = { port: MessagePort } | { dump: true } | { close: true }
export type WorkerAnswer = { ready: true } | { dump: Blob } | { closed: true }

const { dataDir, template } = workerData as { dataDir: string | null; template: Blob | null }
const terminate = 'X'.charCodeAt(0)
const settings = [
  'rollback',
  'discard all',
  'set plan_cache_mode = force_generic_plan',
  'set jit = off',
  'set random_page_cost = 1.1',
  "set timezone = 'UTC'",
]

if (dataDir !== null) mkdirSync(dataDir, { recursive: true })
const pglite = await PGlite.create({
  ...(dataDir === null ? {} : { dataDir }),
  ...(template === null ? {} : { loadDataDir: template }),
})
let current: MessagePort | undefined
answer({ ready: true })

parentPort?.on('message', async (request: WorkerRequest) => {
  if ('port' in request) return serve(request.port)
  if ('dump' in request) return answer({ dump: await pglite.dumpDataDir('none') })
  current?.close()
  await pglite.close()
  answer({ closed: true })
})

function answer(message: WorkerAnswer) {
  parentPort?.postMessage(message)
}

/** The session outlives its connections: what the last one left open or prepared must not meet the next one. */
function serve(port: MessagePort) {
  current?.close()
  current = port
  for (const text of settings) answerTo(simpleQuery(text))
  port.on('message', (chunk: Uint8Array) => {
    if (port !== current) return
    if (chunk[0] === terminate) return port.close()
    const bytes = answerTo(chunk)
    if (bytes.length > 0) port.postMessage(bytes, [bytes.buffer])
  })
}

/**
 * Only the streaming call hands the bytes over as they are: `execProtocolRawSync` alone also parses every message and
 * keeps it for ever. It has called back before it returns, so there is nothing to wait for.
 */
function answerTo(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array<ArrayBuffer>[] = []
  void pglite.execProtocolRawStream(message, { syncToFs: false, onRawData: (bytes) => parts.push(Uint8Array.from(bytes)) })
  if (parts.length === 1) return parts[0] as Uint8Array<ArrayBuffer>
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}

function simpleQuery(text: string): Uint8Array {
  const body = Buffer.from(`${text}\0`)
  const head = Buffer.alloc(5, 'Q')
  head.writeInt32BE(body.length + 4, 1)
  return Uint8Array.from(Buffer.concat([head, body]))
}
