import { once } from 'node:events'
import { createHash } from 'node:crypto'
import { existsSync, globSync, mkdirSync, readFileSync } from 'node:fs'
import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { MessageChannel, Worker } from 'node:worker_threads'
import pg from 'pg'
import { createDatabase, type Database, pipelined } from './database.ts'
import type { WorkerAnswer, WorkerRequest } from './embedded-worker.ts'

export type EmbeddedOptions = {
  /** hears that the engine died; the default ends the process, because later statements would wait for ever */
  onExit?: (code: number) => void
  /** starts from a copy made by `dumpTemplate` instead of from nothing: 0.5 s instead of 4 s */
  template?: Blob
}

type Engine = { ask(request: WorkerRequest): void; answer<T extends WorkerAnswer>(): Promise<T>; alive(): boolean }

const engines = new WeakMap<Database, Engine>()

/** Opens the built-in PostgreSQL (PGlite in a worker thread) in a directory, or in memory when that is null. */
export async function openEmbedded(dataDir: string | null, options: EmbeddedOptions = {}): Promise<Database> {
  const unlock = dataDir === null ? () => undefined : lock(dataDir)
  try {
    if (dataDir !== null) return await openDirectory(dataDir, unlock, options)
    const template = options.template ?? (await preparedDump())
    return await start(null, unlock, template ? { ...options, template } : options)
  } catch (error) {
    unlock()
    throw error
  }
}

/** A directory whose first start was killed half way says so by a file and is made again; any other is opened as it is. */
async function openDirectory(dataDir: string, unlock: () => void, options: EmbeddedOptions): Promise<Database> {
  const directory = join(dataDir, 'pg')
  const unfinished = join(dataDir, 'creating')
  if (existsSync(directory) && !existsSync(unfinished)) return start(directory, unlock, options)
  await writeFile(unfinished, '')
  await rm(directory, { recursive: true, force: true })
  const { directory: prepared } = templateFiles()
  if (existsSync(prepared)) await cp(prepared, directory, { recursive: true })
  const db = await start(directory, unlock, options)
  await rm(unfinished)
  return db
}

/**
 * Where `npm ci` leaves a migrated, empty database, as a directory and as a dump for memory, because making one takes
 * seconds (cli/prepare.ts). Named by engine and migrations, so that an old one is never used; without it a first start
 * only takes longer.
 */
export function templateFiles(): { directory: string; dump: string } {
  const sources = fileURLToPath(new URL('../', import.meta.url))
  const hash = createHash('sha256')
  for (const file of globSync('*/migrations/*.sql', { cwd: sources }).sort()) hash.update(file).update(readFileSync(join(sources, file)))
  const base = fileURLToPath(new URL(`../../node_modules/.cache/openrun/pglite-0.5.16-${hash.digest('hex').slice(0, 12)}`, import.meta.url))
  return { directory: base, dump: `${base}.tar` }
}

async function preparedDump(): Promise<Blob | undefined> {
  const { dump } = templateFiles()
  // a Blob backed by a file cannot go to a worker
  return existsSync(dump) ? new Blob([await readFile(dump)]) : undefined
}

/** A copy of an embedded database's content; tests open many from one. Nothing may run meanwhile. */
export async function dumpTemplate(db: Database): Promise<Blob> {
  const engine = engines.get(db)
  if (!engine) throw new Error('only an embedded database can be dumped')
  engine.ask({ dump: true })
  return (await engine.answer<{ dump: Blob }>()).dump
}

async function start(dataDir: string | null, unlock: () => void, options: EmbeddedOptions): Promise<Database> {
  const worker = new Worker(new URL('./embedded-worker.ts', import.meta.url), {
    workerData: { dataDir, template: options.template ?? null },
    execArgv: [], // flags of the main thread (--input-type, --test) would end it
  })
  let alive = true
  const engine: Engine = {
    ask: (request) => worker.postMessage(request, 'port' in request ? [request.port] : []),
    answer: <T>() => answerOf<T>(worker),
    alive: () => alive,
  }
  await engine.answer()

  const { onExit = die } = options
  let closing = false
  worker.on('error', (error: Error) => process.stderr.write(`embedded database: ${error.stack}\n`))
  worker.once('exit', (code) => {
    alive = false
    if (!closing) onExit(code)
  })

  const pool = new pg.Pool({
    ...{ ...pipelined, max: 1, idleTimeoutMillis: 0, user: 'postgres', database: 'postgres', password: '', ssl: false },
    stream: () => connection(engine) as never,
  })
  const database = createDatabase(pool, 'pglite')
  const db: Database = {
    ...database,
    async close() {
      await database.close()
      closing = true
      if (alive) {
        engine.ask({ close: true })
        await engine.answer().catch(() => undefined) // it ended by itself: nothing is left to close
      }
      await worker.terminate()
      unlock()
    },
  }
  engines.set(db, engine)
  return db
}

async function answerOf<T>(worker: Worker): Promise<T> {
  const abort = new AbortController()
  const ended = once(worker, 'exit', abort).then(() => Promise.reject(new Error('the embedded database ended')))
  try {
    const answer = once(worker, 'message', abort).then(([message]) => message as T)
    return await Promise.race([answer, ended])
  } finally {
    ended.catch(() => undefined)
    abort.abort()
  }
}

/** What `pg` takes for a socket: protocol bytes over a message port of its own. */
function connection(engine: Engine): Duplex {
  const { port1: near, port2: far } = new MessageChannel()
  const lost = () => new Error('Connection terminated: the embedded database ended')
  const send = (chunks: Buffer[]) => {
    const bytes = Uint8Array.from(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks))
    near.postMessage(bytes, [bytes.buffer])
  }
  const stream = new Duplex({
    read: () => undefined,
    write(chunk: Buffer, _encoding, done) {
      send([chunk])
      done()
    },
    writev(items, done) {
      send(items.map((item) => item.chunk as Buffer))
      done()
    },
    final(done) {
      done()
      stream.destroy()
    },
    destroy(error, done) {
      near.close()
      done(error)
    },
  })
  near.on('message', (bytes: Uint8Array) => void stream.push(bytes))
  near.on('close', () => stream.destroy(stream.writableEnded ? undefined : lost()))
  const connect = () => {
    if (!engine.alive()) return stream.destroy(lost())
    engine.ask({ port: far })
    process.nextTick(() => stream.emit('connect'))
    return stream
  }
  const ignore = () => stream
  return Object.assign(stream, { connect, setNoDelay: ignore, setKeepAlive: ignore, ref: ignore, unref: ignore })
}

/** PGlite has no lock of its own: two openers silently lose rows. The operating system frees this one on any death. */
function lock(dataDir: string): () => void {
  mkdirSync(dataDir, { recursive: true })
  const file = new DatabaseSync(join(dataDir, 'lock'))
  try {
    file.exec('pragma locking_mode = exclusive; begin exclusive')
  } catch (error) {
    file.close()
    throw new Error(`data directory ${dataDir} is in use by another process`, { cause: error })
  }
  return () => file.close()
}

function die(code: number): never {
  process.stderr.write(`embedded database ended (${code}); so does this process\n`)
  process.exit(1)
}
