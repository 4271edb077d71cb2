import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { createClient } from '@redis/client'
import { freePort } from '../src/platform/free-port.ts'
import { nginxBinary } from '../src/cli/nginx.ts'

const inPath = (name: string) => (process.env.PATH ?? '').split(':').some((directory) => existsSync(`${directory}/${name}`))
const skip = !(inPath('redis-server') && nginxBinary()) && 'needs redis-server and nginx'
const patienceMs = 20_000
const pollMs = 50

const isThere = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('kill -9 of the parent leaves nothing behind: its engines, nginx, and a child that listens to no signal end', { skip, timeout: 60_000 }, async (t) => {
  const parent = spawn(process.execPath, ['test/leash-parent.ts', String(await freePort())], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => parent.kill('SIGKILL'))
  const [line] = await once(createInterface({ input: parent.stdout }), 'line') as [string]
  const said = JSON.parse(line) as { deaf: number; nginx: number; redis: string; directory: string }
  const redis = createClient({ url: said.redis })
  redis.on('error', () => undefined)
  await redis.connect()
  const redisPid = Number(/process_id:(\d+)/.exec(await redis.info('server'))?.[1])
  redis.destroy()
  const children = [said.deaf, said.nginx, redisPid]
  assert.deepEqual(children.filter(isThere), children)
  parent.kill('SIGKILL')
  await once(parent, 'exit')
  for (let waited = 0; children.some(isThere) && waited < patienceMs; waited += pollMs) await wait(pollMs)
  const left = children.filter(isThere)
  for (const pid of left) process.kill(pid, 'SIGKILL')
  assert.deepEqual(left, [])
  await rm(said.directory, { recursive: true, force: true })
})
