import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { test } from 'node:test'
import { createLog } from './log.ts'

function logged(write: (log: ReturnType<typeof createLog>) => void): string {
  const lines: string[] = []
  write(createLog('info', { write: (line: string) => void lines.push(line) }))
  return lines.join('')
}

test('an error is written with what caused it', () => {
  const refused = new Error('connect refused by mail.example:25')
  const text = logged((log) => log.error({ job: 'user.mail', err: new AggregateError([refused], '1 mails could not be sent') }, 'job failed'))
  assert.match(text, /1 mails could not be sent/)
  assert.match(text, /connect refused by mail\.example:25/)
  assert.match(logged((log) => log.error({ err: new Error('migration failed', { cause: refused }) })), /connect refused/)
})

test('a cause of itself ends', () => {
  const error = new Error('round')
  error.cause = error
  assert.match(logged((log) => log.error({ err: error })), /round/)
})

test('nothing that opens a door or names a person is written, wherever it stands', () => {
  const canaries = ['kim.canary@test.example', 'session.k1.eyJjYW5hcnki.c2lnbmF0dXJl', 'canary-password', 'canary_link_token_123456']
  const [email, token, password, link] = canaries as [string, string, string, string]
  const text = logged((log) => {
    log.info({ email, password, body: { email, password, accessToken: token, refreshToken: token }, req: { headers: { authorization: `Bearer ${token}`, cookie: token, pass: token } } })
    log.warn(`no such user ${email}`)
    log.error(new Error(`mailbox <${email}> is full`))
    log.error({ err: new Error(`mailbox <${email}> unavailable`, { cause: new Error(`bad token ${token} at http://x/reset?token=${link}`) }) })
  })
  for (const canary of canaries) assert.ok(!text.includes(canary), `${canary} in ${text}`)
})

test('what other shops and services are known by is written nowhere, and the places of a stack are', () => {
  const open = ['eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJl', `shop_${'canary-'.repeat(7).slice(0, 43)}`, 'service.abcd1234.eyJzZXJ2aWNlIjoiZ2F0ZXdheSJ9.c2lnbmF0dXJl']
  for (const canary of open) {
    const text = logged((log) => log.error({ err: new Error(`answered 401 to ${canary} at src/seat/service.ts:31`) }))
    assert.ok(!text.includes(canary) && text.includes('src/seat/service.ts:31'), text)
  }
})

test('a process whose reader is gone goes on, and ends when it is told to', { timeout: 60_000 }, async (t) => {
  const program = `
    import { createLog } from ${JSON.stringify(new URL('./log.ts', import.meta.url).href)}
    const log = createLog('info')
    log.info('the first line')
    process.on('message', (last) => {
      for (const line of ['a line', 'another']) log.info(line)
      if (last) process.exit(7)
      setTimeout(() => process.send('goes on'), 10)
    })`
  const start = () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
    t.after(() => child.kill('SIGKILL'))
    return child
  }
  const [one, other] = [start(), start()]
  for (const child of [one, other]) {
    await once(child.stdout as Readable, 'data')
    child.stdout?.destroy()
  }
  one.send(true)
  assert.deepEqual(await once(one, 'exit'), [7, null])
  other.send(false)
  assert.deepEqual(await once(other, 'message'), ['goes on', undefined])
  other.send(true)
  assert.deepEqual(await once(other, 'exit'), [7, null])
})
