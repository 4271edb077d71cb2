import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { after, before, test } from 'node:test'

let directory: string
const children: ChildProcess[] = []
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'openrun-supervisor-'))
})
after(async () => {
  for (const child of children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)) {
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
  await rm(directory, { recursive: true, force: true })
})
const start = new URL('../cli/start.ts', import.meta.url).pathname
const bounded = { timeout: 180_000 }

/** npm start on a directory of its own; its lines one after the other. */
function open(environment: Record<string, string> = {}) {
  const child = spawn(process.execPath, [start], { env: { PATH: process.env.PATH, PORT: '0', OPS_PORT: '0', LOG_LEVEL: 'error', DATA_DIR: join(directory, 'data'), ...environment } })
  children.push(child)
  let said = ''
  child.stderr.on('data', (text) => {
    said += text
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const until = async (form: RegExp): Promise<string> => {
    for (let line = await lines.next(); !line.done; line = await lines.next()) {
      const found = form.exec(line.value)
      if (found) return found[1] ?? ''
    }
    return assert.fail(`it ended: ${said}`)
  }
  return { child, until, ended: once(child, 'exit').then(([code]) => ({ code, said })) }
}
const pidOf = async () => (JSON.parse(await readFile(join(directory, 'data', 'server.json'), 'utf8')) as { pid: number }).pid

test('a server that is killed is started again on its port; SIGTERM ends both with 0, and whoever watched being gone ends the server', bounded, async () => {
  const demo = open()
  const url = await demo.until(/^Openrun 오픈런 {2}(http:\/\/[^/ ]+)\/demo$/)
  assert.equal((await fetch(`${url}/api/demo`)).status, 200)
  const first = await pidOf()
  process.kill(first, 'SIGKILL')
  assert.equal(await demo.until(/^Openrun serves again on (http:\/\/\S+)/), url)
  const second = await pidOf()
  assert.ok(first !== second)
  const kills = async () => ((await (await fetch(`${url}/api/demo`)).json()) as { state: { kills: number } }).state.kills
  // it says that it serves before it is told of what was
  while ((await kills()) !== 1) await wait(50)
  for (const [path, options] of [['/api/demo/kill', { method: 'POST' }], ['/api/demo/rush', { method: 'POST', body: '{}', headers: { 'content-type': 'text/plain' } }]] as const)
    assert.ok((await fetch(`${url}${path}`, options)).status >= 400, `a page of another origin can send this: ${path}`)
  demo.child.kill('SIGTERM')
  assert.deepEqual(await demo.ended, { code: 0, said: '' })
  await assert.rejects(fetch(`${url}/healthz`))

  const orphaned = open()
  const other = await orphaned.until(/^Openrun 오픈런 {2}(http:\/\/[^/ ]+)\/demo$/)
  orphaned.child.kill('SIGKILL')
  await orphaned.ended
  // the server goes by itself; its address is the last thing that it takes away
  while (await pidOf().catch(() => undefined)) await wait(50)
  await assert.rejects(fetch(`${other}/healthz`))
})

test('one that cannot start says why, once, and is not started again', bounded, async () => {
  const refused = await open({ HOST: '0.0.0.0' }).ended
  assert.equal(refused.code, 1)
  assert.match(refused.said, /^Openrun does not start:\n- demo data and logins are refused on 0\.0\.0\.0.*\n$/)
})
