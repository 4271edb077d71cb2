import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { missingEngines } from '../src/chaos/engines.ts'
import type { ChaosReport } from '../src/chaos/run.ts'
import { testDatabaseUrl } from '../src/platform/testing.ts'

const missing = missingEngines({ kafkaLib: process.env.KAFKA_LIB })
const lacking = missing.length > 0 && process.env.CI !== 'true' ? `NOT TESTED: this machine lacks ${missing.join('; ')}` : false
// once is enough: its engines are its own
const skip = testDatabaseUrl ? lacking : 'NOT TESTED in this round: needs TEST_DATABASE_URL'
const faultsMin = 4

test('a storm of faults over the split system under a crowd: nothing that anybody was told is lost', { skip, timeout: 300_000 }, async ({ signal }) => {
  const argv = ['src/cli/chaos.ts', '--seconds', '15', '--replicas', '1', '--fans', '3', '--seed', '5', '--json']
  const { code, stdout, stderr } = await new Promise<{ code: number; stdout: string; stderr: string }>((resolve) =>
    execFile(process.execPath, argv, { maxBuffer: 1 << 26, signal }, (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, stdout, stderr })))
  const report = JSON.parse(stdout.trim().split('\n').at(-1) || '{}') as ChaosReport
  assert.deepEqual(report.checks?.filter(({ count }) => count > 0), [], stderr.slice(-4_000))
  assert.equal(code, 0)
  assert.ok(report.faults >= faultsMin, `${report.faults} faults`)
  assert.ok(report.promises.payments > 0 && report.events > 0)
  assert.deepEqual(report.lost, { places: 0, holds: 0, payments: 0 })
})
