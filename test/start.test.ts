import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'

let directory: string
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'openrun-start-'))
})
const children: ChildProcess[] = []
after(async () => {
  for (const child of children) child.kill('SIGKILL')
  await rm(directory, { recursive: true, force: true })
})
/** A process that starts where it must not would be waited for without end. */
const bounded = { timeout: 120_000 }

const main = new URL('../src/main.ts', import.meta.url).pathname

/** A server as `npm start` (demo) or `npm run serve` runs it; nothing of this process's environment but its path. */
function start(environment: Record<string, string>, ...flags: string[]) {
  const child = spawn(process.execPath, [main, ...flags], { env: { PATH: process.env.PATH, PORT: '0', OPS_PORT: '0', DATA_DIR: join(directory, 'data'), ...environment } })
  children.push(child)
  let said = ''
  child.stderr.on('data', (text) => {
    said += text
  })
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, said }))
  return { child, ended }
}

async function serving({ child, ended }: ReturnType<typeof start>): Promise<string> {
  const line = (async () => {
    for await (const text of createInterface({ input: child.stdout })) if (/^Openrun (listens|오픈런)/.test(text)) return /http:\/\/[^ ,/]+/.exec(text)?.[0] ?? ''
    return ''
  })()
  const url = await Promise.race([line, ended.then(({ said }) => assert.fail(`it ended: ${said}`))])
  child.stdout.resume()
  return url
}

const oneSentence = (said: string) => assert.match(said, /^Openrun does not start:\n(- .+\n)+$/, said)

test('whoever starts it wrongly reads one sentence with the way out; SIGTERM ends it with 0; demo data is never served as anything else', bounded, async () => {
  const demo = start({}, '--demo')
  const url = await serving(demo)
  assert.equal((await fetch(`${url}/healthz`)).status, 200)
  assert.equal((await stat(join(directory, 'data'))).mode & 0o077, 0, 'others on this machine can read the data')

  const second = await start({}, '--demo').ended
  assert.equal(second.code, 1)
  oneSentence(second.said)
  assert.match(second.said, /data directory .* is in use/)

  demo.child.kill('SIGTERM')
  assert.deepEqual(await demo.ended, { code: 0, said: '' })

  const served = await start({}).ended
  assert.equal(served.code, 1)
  oneSentence(served.said)
  assert.match(served.said, /demo data and logins that everybody knows/)
})

test('a port in use and a database that is away are said in a sentence, without insides', bounded, async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as { port: number }
  const busy = await start({ PORT: String(port), DATA_DIR: join(directory, 'busy') }).ended
  taken.close()
  assert.equal(busy.code, 1)
  oneSentence(busy.said)
  assert.match(busy.said, new RegExp(`port ${port} .* is in use.*PORT`))

  const secrets = { SESSION_SECRET: 's'.repeat(32), PASS_SECRET: 'p'.repeat(32) }
  const away = await start({ ...secrets, DATABASE_URL: `postgres://me:geheim@127.0.0.1:${port}/x`, DATA_DIR: join(directory, 'away') }).ended
  assert.equal(away.code, 1)
  oneSentence(away.said)
  assert.match(away.said, /DATABASE_URL: .*ECONNREFUSED/)
  assert.doesNotMatch(away.said, /geheim/)
})

async function stop(server: ReturnType<typeof start>) {
  server.child.kill('SIGTERM')
  assert.deepEqual(await server.ended, { code: 0, said: '' })
}
const post = (url: string, path: string, body: object) =>
  fetch(`${url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })

test('a stranger who signed up with the address of the operator is never promoted: the start is refused; an operator keeps the password', bounded, async () => {
  const DATA_DIR = join(directory, 'operator')
  const stranger = { email: 'boss@test.example', password: 'i was here first' }
  const first = start({ DATA_DIR })
  assert.equal((await post(await serving(first), '/api/users', { ...stranger, name: 'Stranger' })).status, 201)
  await stop(first)

  const refused = await start({ DATA_DIR, OPERATOR_EMAIL: 'Boss@test.example', OPERATOR_PASSWORD: 'operator-secret-1' }).ended
  assert.equal(refused.code, 1)
  oneSentence(refused.said)
  assert.match(refused.said, /OPERATOR_EMAIL .* is no operator/)
  assert.doesNotMatch(refused.said, /boss@/i)

  const operator = { OPERATOR_EMAIL: 'chief@test.example', OPERATOR_PASSWORD: 'operator-secret-1' }
  const roleOf = async (url: string, body: object) => {
    const answer = await post(url, '/api/sessions', body)
    return answer.ok ? ((await answer.json()) as { user: { role: string } }).user.role : answer.status
  }
  for (const OPERATOR_PASSWORD of [operator.OPERATOR_PASSWORD, 'another-secret-22']) {
    const server = start({ DATA_DIR, ...operator, OPERATOR_PASSWORD })
    const url = await serving(server)
    assert.equal(await roleOf(url, stranger), 'buyer')
    assert.equal(await roleOf(url, { email: operator.OPERATOR_EMAIL, password: operator.OPERATOR_PASSWORD }), 'operator')
    assert.equal(await roleOf(url, { email: operator.OPERATOR_EMAIL, password: 'another-secret-22' }), 401)
    await stop(server)
  }
})

test('a secret is replaced: what the old one signed is admitted while it is given as the previous one, and refused after', bounded, async () => {
  const DATA_DIR = join(directory, 'rotation')
  const [pass, old, fresh] = ['p', 'o', 'f'].map((letter) => letter.repeat(40)) as [string, string, string]
  const fan = { email: 'fan@test.example', password: 'fan-password-1' }
  const statusOf = async (url: string, token: string) => (await fetch(`${url}/api/me`, { headers: { authorization: `Bearer ${token}` } })).status
  const tokenOf = async (url: string) => ((await (await post(url, '/api/sessions', fan)).json()) as { accessToken: string }).accessToken
  const on = async (environment: Record<string, string>, act: (url: string) => Promise<void>) => {
    const server = start({ DATA_DIR, PASS_SECRET: pass, ...environment })
    await act(await serving(server))
    await stop(server)
  }
  let [before, after] = ['', '']
  await on({ SESSION_SECRET: old }, async (url) => {
    await post(url, '/api/users', { ...fan, name: 'Fan' })
    before = await tokenOf(url)
    assert.equal(await statusOf(url, before), 200)
  })
  await on({ SESSION_SECRET: fresh, SESSION_SECRET_PREVIOUS: old }, async (url) => {
    after = await tokenOf(url)
    assert.deepEqual([await statusOf(url, before), await statusOf(url, after)], [200, 200])
  })
  await on({ SESSION_SECRET: fresh }, async (url) => assert.deepEqual([await statusOf(url, before), await statusOf(url, after)], [401, 200]))
})

test('connections beyond the bound are closed at once and counted; when one ends, the next is served', bounded, async () => {
  const server = start({ DATA_DIR: join(directory, 'connections'), CONNECTIONS_MAX: '3' })
  const url = new URL(await serving(server))
  const opsUrl = JSON.parse(await readFile(join(directory, 'connections', 'server.json'), 'utf8')).opsUrl as string
  const open = async () => {
    const { promise, resolve } = Promise.withResolvers<string>()
    const socket = connect(Number(url.port), url.hostname, () => socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n'))
    socket.on('error', () => resolve('closed')).on('close', () => resolve('closed')).on('data', (data) => resolve(String(data).slice(0, 12)))
    return { socket, answer: await promise }
  }
  const held = [await open(), await open(), await open()]
  assert.deepEqual(held.map(({ answer }) => answer), Array(3).fill('HTTP/1.1 200'))
  assert.equal((await open()).answer, 'closed')
  assert.match(await (await fetch(new URL('/metrics', opsUrl))).text(), /openrun_connections_refused_total 1\n/, 'operations have connections of their own')
  const [first] = held
  first?.socket.destroy()
  for (let answer = 'closed'; answer === 'closed'; ) ({ answer } = await open())
  for (const { socket } of held) socket.destroy()
  await stop(server)
})
