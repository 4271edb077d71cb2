import assert from 'node:assert/strict'
import { type ChildProcess, execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type ServiceProcesses, startServices } from '../src/cli/service-processes.ts'
import { createPostgresDatabase } from '../src/platform/testing.ts'

const serverUrl = process.env.TEST_DATABASE_URL
const brokers = process.env.TEST_KAFKA_BROKERS
const skip = serverUrl && brokers ? false : 'services apart need TEST_DATABASE_URL and TEST_KAFKA_BROKERS'
const secrets = { SERVICE_SECRET: 'v'.repeat(40), SESSION_SECRET: 's'.repeat(40), PASS_SECRET: 'p'.repeat(40) }
const operator = { OPERATOR_EMAIL: 'operator@apart.example', OPERATOR_PASSWORD: 'operator-apart-1234' }
const lines: string[] = []
let services: ServiceProcesses
let directory: string
let drop: () => Promise<void>

before(async () => {
  if (skip) return
  directory = await mkdtemp(join(tmpdir(), 'openrun-apart-'))
  const database = await createPostgresDatabase(serverUrl as string)
  drop = database.drop
  const environment = { ...secrets, ...operator, DATABASE_URL: database.url, KAFKA_BROKERS: brokers as string, KAFKA_PREFIX: `apart-${process.pid}`, DATABASE_CONNECTIONS: '4', REHEARSALS: 'on', HOLD_SECONDS: '20', LOG_LEVEL: 'warn' }
  services = await startServices(directory, environment, (name, line) => lines.push(`${name} ${line}`), { replicas: 2 })
})

after(async () => {
  if (skip) return
  await services?.stop()
  await drop()
  await rm(directory, { recursive: true, force: true })
})

type Rush = { status: number; stderr: string; report: Record<string, unknown> }

/** Not waited for in this thread: the services' pipes have to be read meanwhile. `selling` is when the first has paid. */
function rush(...more: string[]): { ended: Promise<Rush>; selling: Promise<void> } {
  const argv = ['src/cli/rush.ts', '--url', services.url, '--ops-url', services.opsUrl, '--json', ...more]
  let child: ChildProcess | undefined
  const ended = new Promise<Rush>((resolve) => {
    child = execFile(process.execPath, argv, { env: { ...process.env, ...operator }, maxBuffer: 1 << 26 }, (error, stdout, stderr) =>
      resolve({ status: error ? Number(error.code) : 0, stderr, report: JSON.parse(stdout.trim().split('\n').at(-1) || '{}') }))
  })
  const selling = new Promise<void>((resolve) => child?.stderr?.on('data', (text) => /paid [1-9]/.test(text) && resolve()))
  return { ended, selling }
}

test('a crowd buys from two processes of everything behind nginx: every seat is sold once and paid once', { skip }, async () => {
  const { status, report, stderr } = await rush('--fans', '200', '--seats', '60').ended
  assert.equal(report.sold, 60, stderr.slice(-2_000))
  assert.equal(report.paid, 60)
  assert.equal(report.soldTwice, 0)
  assert.equal(report.unexpected, 0, JSON.stringify(report.unexpectedSamples))
  assert.deepEqual(report.violations, [])
  assert.equal(status, 0)
})

test('replicas killed in the middle of the sale cost nobody a place, a seat or money, nor an answer', { skip }, async () => {
  const crowd = rush('--fans', '300', '--seats', '150')
  await crowd.selling
  for (const name of ['seat', 'payment', 'wallet', 'queue', 'reservation']) await services.killAndRestart(name)
  const { report, stderr } = await crowd.ended
  assert.equal(report.sold, 150, stderr.slice(-2_000))
  assert.equal(report.paid, 150)
  assert.equal(report.soldTwice, 0)
  const { outcome_unknown: unknown = 0 } = report.refusals as Record<string, number>
  assert.equal(unknown, 0, 'the other replica answered')
  assert.deepEqual(report.lost, { places: 0, holds: 0, payments: 0 })
  assert.deepEqual(report.violations, [])
})
