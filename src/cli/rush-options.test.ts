import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { rushOptions } from './rush-options.ts'

const rush = new URL('./rush.ts', import.meta.url).pathname
const run = (...args: string[]) => spawnSync(process.execPath, [rush, ...args], { encoding: 'utf8' })

test('without options it is 2,000 fans for 500 seats on a server of its own', () => {
  const { fans, seats, seed, seconds, minutes, kill, url, json } = rushOptions([]) as Exclude<ReturnType<typeof rushOptions>, string[]>
  assert.deepEqual({ fans, seats, seed, seconds, minutes, kill, url, json }, { fans: 2_000, seats: 500, seed: 1, seconds: 10, minutes: 10, kill: 0, url: undefined, json: false })
})

test('what is wrong is said in one line each, all at once', () => {
  const wrong: [string[], string[]][] = [
    [['--fans', '0', '--seats', 'many'], ['--fans must be a whole number from 1 to 20000, not "0"', '--seats must be a whole number from 1 to 50000, not "many"']],
    [['--fans=-1'], ['--fans must be a whole number from 1 to 20000, not "-1"']],
    [['--seats', '1.5'], ['--seats must be a whole number from 1 to 50000, not "1.5"']],
    [['--fans', ''], ['--fans must be a whole number from 1 to 20000, not ""']],
    [['--minutes', '0'], ['--minutes must be a whole number from 1 to 120, not "0"']],
    [['--seed', 'x'], ['--seed must be a whole number from 0 to 4294967295, not "x"']],
    [['--url', 'nowhere'], ['--url must be an http:// or https:// address, not "nowhere"']],
    [['--url', 'http://127.0.0.1:8080', '--kill', '2'], ['--kill needs a server of its own: leave out --url']],
    [['--watchers', '9', '--kill', '1'], ['--watchers and --kill do not go together: a connection that was killed would count as lost']],
    [['--ops-url', 'http://127.0.0.1:9090'], ['--ops-url belongs to --url']],
    [['--fan', '3'], ["Unknown option '--fan'"]],
  ]
  for (const [args, lines] of wrong) assert.deepEqual(rushOptions(args), lines)
})

test('wrong options end with code 2 and start nothing', () => {
  const { status, stdout, stderr } = run('--minutes', '0', '--json')
  assert.deepEqual([status, stdout], [2, ''])
  assert.match(stderr, /^--minutes must be a whole number from 1 to 120, not "0"\n\nnpm run rush -- /)
})

test('a server that is not there is said at once, with code 1, and the object is last', () => {
  const { status, stdout, stderr } = run('--url', 'http://127.0.0.1:9', '--json')
  assert.equal(status, 1)
  assert.match(stderr, /^there is no Openrun at http:\/\/127\.0\.0\.1:9: /)
  assert.equal(JSON.parse(stdout.trim().split('\n').at(-1) ?? '').sound, false)
})
