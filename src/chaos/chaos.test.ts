import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { openSystem } from '../../test/system.ts'
import { hears } from './audit.ts'
import { faults } from './faults.ts'
import { plants } from './plants.ts'
import { chaosArguments } from '../cli/chaos-options.ts'

const root = new URL('../../', import.meta.url)

test('every bug can still be planted: its pieces are in the sources once, its faults and checks exist', () => {
  const audit = readFileSync(new URL('src/chaos/audit.ts', root), 'utf8')
  for (const { name, changes, faults: kinds, caughtBy } of plants) {
    for (const { file, find } of changes) assert.equal(readFileSync(new URL(file, root), 'utf8').split(find).length, 2, `${name}: ${file} has once: ${find}`)
    for (const kind of kinds) assert.ok(faults.some((fault) => fault.kind === kind), `${name}: ${kind}`)
    for (const check of caughtBy.filter((each) => each !== 'progress')) assert.ok(audit.includes(`checkOf('${check}'`), `${name}: ${check}`)
  }
})

test('a bug is in a process that was started with it, and in no other', () => {
  const show = "import('./src/platform/inbox.ts').then(({ applyEvents }) => process.stdout.write(String(applyEvents)))"
  const run = (...flags: string[]) => spawnSync(process.execPath, [...flags, '-e', show], { cwd: root.pathname, encoding: 'utf8', env: { ...process.env, CHAOS_PLANT: 'inbox_off' } })
  const receipt = 'event.version <= '
  assert.ok(run().stdout.includes(receipt), 'the variable alone plants nothing')
  const planted = run('--import', './src/chaos/planting.ts').stdout
  assert.ok(planted.includes('applyEvents') && !planted.includes(receipt))
})

test('the audit knows what each service listens to', async (t) => {
  const system = await openSystem()
  t.after(() => system.close())
  const heard = Object.fromEntries(Object.entries(hears).filter(([, names]) => names.length > 0))
  assert.deepEqual(sorted(system.system.heard), sorted(heard))
})

const sorted = (names: Record<string, string[]>) => Object.fromEntries(Object.entries(names).map(([name, each]) => [name, each.toSorted()]).toSorted())

test('options: everything wrong is named at once, nothing is started', () => {
  assert.deepEqual(chaosArguments([]), { seconds: 600, seed: 1, replicas: 2, fans: 5, faults: [], planted: [], json: false, help: false })
  const planted = chaosArguments(['--planted', '--json'])
  assert.ok(!Array.isArray(planted))
  assert.deepEqual([planted.planted, planted.seconds], [plants.map(({ name }) => name), 60])
  const wrong = chaosArguments(['--minutes', '0', '--seed', '1x', '--faults', 'meteor,redis_killed', '--planted', 'rain'])
  assert.ok(Array.isArray(wrong))
  assert.equal(wrong.length, 4, wrong.join('\n'))
  assert.equal((chaosArguments(['--minutes', '1', '--seconds', '60']) as string[]).length, 1)
  assert.equal((chaosArguments(['--fan', '1']) as string[]).length, 1)
})
