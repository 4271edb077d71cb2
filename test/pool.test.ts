import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'

let directory: string
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'openrun-pool-'))
})
after(() => rm(directory, { recursive: true }))

const files = {
  passes: `test('a', () => {})`,
  fails: `test('a', () => { throw new Error('planted') })`,
  'fails after its tests': `test('a', () => {}); after(() => { throw new Error('planted') })`,
  'fails after a suite': `describe('s', () => { test('a', () => {}); after(() => { throw new Error('planted') }) })`,
  'says so by its exit code': `test('a', () => {}); process.exitCode = 1`,
  'rejects when all is over': `test('a', () => {}); setTimeout(() => Promise.reject(new Error('planted')), 50)`,
  'is killed': `test('a', () => {}); process.kill(process.pid, 'SIGKILL')`,
  'leaves something open': `test('a', () => {}); setInterval(() => {}, 1_000)`,
  'is no program': `test('a', () => {`,
}

/** Runs the pool as the test command does, in a process that is no test itself. */
const program = `
  import { PassThrough } from 'node:stream'
  import { runPool } from ${JSON.stringify(new URL('./pool.ts', import.meta.url))}
  const jobs = JSON.parse(process.env.JOBS)
  const isOpen = ({ engine }) => engine === 'leaves something open'
  const failedOf = (some, fileMsMax) => runPool(some, { fileConcurrency: 3, testMsMax: 60_000, fileMsMax }, new PassThrough().resume())
  // what ends by itself has time to
  const failed = [...(await failedOf(jobs.filter(isOpen), 4_000)), ...(await failedOf(jobs.filter((job) => !isOpen(job)), 60_000))]
  console.log(JSON.stringify(failed.map(({ engine }) => engine).sort()))`

test('a file that does not end well fails, whatever it is that failed; what passes does not', async () => {
  const jobs = await Promise.all(Object.entries(files).map(async ([name, text]) => {
    const file = join(directory, `${name.replaceAll(' ', '-')}.test.mjs`)
    await writeFile(file, `import { after, describe, test } from 'node:test'\n${text}\n`)
    return { file, engine: name, environment: {} }
  }))
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env
  const main = join(directory, 'main.mjs')
  await writeFile(main, program)
  const { stdout } = await promisify(execFile)(process.execPath, [main], { env: { ...environment, JOBS: JSON.stringify(jobs) } })
  assert.deepEqual(JSON.parse(stdout), Object.keys(files).filter((name) => name !== 'passes').sort())
})
