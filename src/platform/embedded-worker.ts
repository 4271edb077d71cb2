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
  for (const text of settings) pglite.execProtocolRawSync(simpleQuery(text))
  port.on('message', (chunk: Uint8Array) => {
    if (port !== current) return
    if (chunk[0] === terminate) return port.close()
    const bytes = pglite.execProtocolRawSync(chunk).slice()
    if (bytes.length > 0) port.postMessage(bytes, [bytes.buffer])
  })
}

function simpleQuery(text: string): Uint8Array {
  const body = Buffer.from(`${text}\0`)
  const head = Buffer.alloc(5, 'Q')
  head.writeInt32BE(body.length + 4, 1)
  return Uint8Array.from(Buffer.concat([head, body]))
}
