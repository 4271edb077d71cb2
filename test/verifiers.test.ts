import assert from 'node:assert/strict'
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, mock, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import express from 'express'
import { freePort } from '../src/platform/free-port.ts'
import { claimsOf, openLine, shopKey, showOf, signer, stranger } from './only-line.ts'
import { must, type Person, type TestSystem } from './system.ts'

const run = promisify(execFile)
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const sources = { express: 'express.js', nginx: 'nginx.conf', spring: 'PassInterceptor.java', go: 'pass.go' }
const sourceOf = (name: keyof typeof sources) => here(`../docs/verifiers/${sources[name]}`)
const linesMax = 30
const widthMax = 165

let world: TestSystem
let line: string
let showId: string
let directory: string
const time = { now: Date.now() }
const children: ChildProcess[] = []
const servers: Server[] = []

before(async () => {
  mock.method(console, 'error', () => undefined) // a verifier without its line says so every second
  world = await openLine({ time })
  line = await world.system.app.listen({ host: '127.0.0.1', port: 0 })
  showId = await showOf(world)
  directory = await mkdtemp(join(tmpdir(), 'openrun-verifiers-'))
})
after(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
  for (const server of servers) server.close()
  await world.close()
  await rm(directory, { recursive: true, force: true })
})

/** Tools a machine may lack; where CI runs they are there. What a verifier does is the same whatever the line's database is. */
function without(tool: string, ...paths: string[]): string | false {
  if (process.env.TEST_DATABASE_URL) return 'verifiers are run once, with the line on the embedded database'
  if (paths.some((path) => existsSync(path)) || (process.env.PATH ?? '').split(':').some((path) => existsSync(join(path, tool)))) return false
  const loud = `the verifier that needs ${tool} was NOT run: there is no ${tool} on this machine`
  process.stderr.write(`\n!!! ${loud}\n`)
  assert.notEqual(process.env.CI, 'true', loud)
  return loud
}

/** One page of a shop; status by who comes with which pass. */
type Shop = (pass: string | undefined, user: string) => Promise<number>
const shopAt = (url: string): Shop => async (pass, user) => {
  const response = await fetch(url, { headers: { 'x-user': user, ...(pass === undefined ? {} : { pass }) } })
  await response.arrayBuffer()
  return response.status
}

/** Until a verifier that follows by polling has heard of it; the test's own timeout is the end. */
async function until(shop: Shop, pass: string, user: string, status: number) {
  for (let got = await shop(pass, user); got !== status; got = await shop(pass, user)) await new Promise((resolve) => setImmediate(resolve))
}

/** What every verifier does, whatever it is written in: a real pass from the line, and everything that is none. */
async function judges(shop: Shop) {
  const [fan, other] = (await world.fans(2, 0)) as [Person, Person]
  const pass = await world.passOf(fan, showId)
  await until(shop, pass, fan.userId, 200)
  const { sub: userId, sid: sessionId, window: windowId, no: passNo } = claimsOf(pass)
  const claims = { userId, sessionId, windowId, showId, passNo, sections: null, exp: time.now + 600_000 }
  const [head, body, signature] = pass.split('.') as [string, string, string]
  const forged = Buffer.from(JSON.stringify({ ...claimsOf(pass), sub: other.userId })).toString('base64url')
  const none = Buffer.from(JSON.stringify({ alg: 'none', kid: 't' })).toString('base64url')
  assert.equal(await shop(signer.sign(claims), fan.userId), 200, 'the signer of this test signs like the line')
  const bad: [what: string, pass: string | undefined, user: string, status: number][] = [
    ['none', undefined, fan.userId, 401],
    ['nonsense', 'nonsense', fan.userId, 403],
    ['no JSON', 'a.b.c', fan.userId, 403],
    ['forged claims', `${head}.${forged}.${signature}`, other.userId, 403],
    ['another key under the same id', stranger.sign(claims), fan.userId, 403],
    ['unsigned', `${none}.${body}.`, fan.userId, 403],
    ['expired', signer.sign({ ...claims, exp: time.now - 2_000 }), fan.userId, 403],
    ['another show', signer.sign({ ...claims, showId: '00000000-0000-4000-8000-000000000000' }), fan.userId, 403],
    ['another user\'s', pass, other.userId, 403],
    ['nobody\'s', pass, '', 403],
  ]
  for (const [what, given, user, status] of bad) assert.equal(await shop(given, user), status, what)
  await must(world.send('DELETE', `/api/shows/${showId}/queue/me`, { token: fan.token }))
  await world.settle()
  await until(shop, pass, fan.userId, 403)
  const again = await world.passOf(fan, showId)
  assert.equal(await shop(again, fan.userId), 200, 'who comes back is let in')
  assert.equal(await shop(pass, fan.userId), 403, 'the ended pass stays ended')
}

/** Starts a program that prints its port first. */
async function portOf(command: string, args: string[], environment: Record<string, string> = {}): Promise<string> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...environment } })
  children.push(child)
  for await (const port of createInterface({ input: child.stdout })) return `http://127.0.0.1:${port}/`
  throw new Error(`${command} ended before it served`)
}

const publicKey = signer.publicKeys[0]?.x as string

test('each verifier is at most 30 lines of code', () => {
  const aside = /^\s*($|\/\/|#|\/?\*|import |package |\)|"[\w/]+"$)/
  for (const name of Object.keys(sources) as (keyof typeof sources)[]) {
    const text = readFileSync(sourceOf(name), 'utf8').split('\n')
    const code = text.filter((row) => !aside.test(row))
    assert.ok(code.length > 5 && code.length <= linesMax, `${name}: ${code.length} lines`)
    assert.deepEqual(text.filter((row) => row.length > widthMax), [], name)
  }
})

test('Express: keys and ended passes are followed, a request asks nobody; a line that is away lets nobody in', { timeout: 60_000 }, async () => {
  const { passOf } = await import(sourceOf('express'))
  const options = { show: showId, shopKey: await shopKey(world), userOf: (request: express.Request) => request.get('x-user') }
  const serve = (at: string) => {
    const shop = express()
    shop.get('/', passOf({ ...options, line: at }), (_request, response) => void response.sendStatus(200))
    const server = shop.listen(0, '127.0.0.1')
    servers.push(server)
    return once(server, 'listening').then(() => shopAt(`http://127.0.0.1:${(server.address() as { port: number }).port}/`))
  }
  await judges(await serve(line))
  const alone = await serve(await nowhere())
  const [fan] = (await world.fans(1, 0)) as [Person]
  assert.equal(await alone(await world.passOf(fan, showId), fan.userId), 503)
})

test('Go: the signature is checked before the line is asked', { skip: without('go', '/usr/local/go/bin/go', '/usr/lib/go/bin/go'), timeout: 180_000 }, async () => {
  const at = join(directory, 'go')
  await mkdir(join(at, 'openrun'), { recursive: true })
  await cp(sourceOf('go'), join(at, 'openrun/pass.go'))
  await cp(here('verifiers/go/main.go'), join(at, 'main.go'))
  await writeFile(join(at, 'go.mod'), 'module shop\n\ngo 1.19\n')
  const go = existsSync('/usr/local/go/bin/go') ? '/usr/local/go/bin/go' : 'go'
  await run(go, ['build', '-o', 'shop', '.'], { cwd: at, env: { ...process.env, GOPROXY: 'off', GOFLAGS: '-mod=mod' } })
  await judges(shopAt(await portOf(join(at, 'shop'), [line, showId, publicKey])))
  const [fan] = (await world.fans(1, 0)) as [Person]
  assert.equal(await shopAt(await portOf(join(at, 'shop'), [await nowhere(), showId, publicKey]))(await world.passOf(fan, showId), fan.userId), 503)
})

test('Spring: the interceptor decides before the handler', { skip: without('javac') || without('mvn'), timeout: 180_000 }, async () => {
  const lib = here('verifiers/lib')
  if (!existsSync(lib)) {
    await run('mvn', ['-q', '-B', '-f', here('verifiers/pom.xml'), 'dependency:copy-dependencies', `-DoutputDirectory=${join(directory, 'lib')}`])
    await cp(join(directory, 'lib'), `${lib}.${process.pid}`, { recursive: true })
    await rename(`${lib}.${process.pid}`, lib).catch(() => rm(`${lib}.${process.pid}`, { recursive: true })) // another run was first
  }
  const [at, path] = [join(directory, 'java'), `${lib}/*`]
  await run('javac', ['-d', at, '-cp', path, sourceOf('spring'), here('verifiers/Main.java')])
  const shop = (origin: string) => portOf('java', ['-XX:TieredStopAtLevel=1', '-Xmx64m', '-cp', `${at}:${path}`, 'Main', origin, showId, publicKey]).then(shopAt)
  await judges(await shop(line))
  const [fan] = (await world.fans(1, 0)) as [Person]
  assert.equal(await (await shop(await nowhere()))(await world.passOf(fan, showId), fan.userId), 503)
})

test('nginx: a shop behind auth_request is gated without a line of its own, and hears whose pass it was', { skip: without('nginx', '/usr/sbin/nginx'), timeout: 60_000 }, async () => {
  const heard: (string | undefined)[] = []
  const shop = createServer((request, response) => {
    heard.push(request.headers['pass-user'] as string | undefined)
    response.end()
  }).listen(0, '127.0.0.1')
  servers.push(shop)
  await once(shop, 'listening')
  const shopPort = (shop.address() as { port: number }).port
  const serve = async (at: string) => {
    const text = (await readFile(sourceOf('nginx'), 'utf8')).replaceAll('LINE', new URL(at).host).replaceAll('SHOP', `127.0.0.1:${shopPort}`)
      // as a shop would whose own sign-in nginx knows
      .replaceAll('show=SHOW', `show=${showId}&user=$http_x_user`)
    const port = new URL(await nowhere()).port
    const prefix = await mkdtemp(join(directory, 'nginx-'))
    const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${prefix}/${name};`).join(' ')
    await writeFile(join(prefix, 'nginx.conf'), `daemon off; master_process off; pid ${prefix}/pid; error_log ${prefix}/error.log;\nevents {}\nhttp { access_log off; ${temp}\nserver { listen 127.0.0.1:${port};\n${text}\n} }\n`)
    const nginx = existsSync('/usr/sbin/nginx') ? '/usr/sbin/nginx' : 'nginx'
    execFileSync(nginx, ['-t', '-q', '-p', prefix, '-c', join(prefix, 'nginx.conf'), '-e', `${prefix}/error.log`])
    children.push(spawn(nginx, ['-p', prefix, '-c', join(prefix, 'nginx.conf'), '-e', `${prefix}/error.log`], { stdio: 'inherit' }))
    const asked = shopAt(`http://127.0.0.1:${port}/buy/ticket`)
    const ask: Shop = (pass, user) => asked(pass, user).catch((error: { cause?: { code?: string } }) => {
      if (error.cause?.code === 'ECONNREFUSED') return 0 // it is still starting
      throw error
    })
    return ask
  }
  await judges(await serve(line))
  assert.ok(heard.length > 0 && heard.every((user) => /^[0-9a-f-]{36}$/.test(user ?? '')), 'the shop is asked for good passes only, and told whose')
  const [fan] = (await world.fans(1, 0)) as [Person]
  await until(await serve(await nowhere()), await world.passOf(fan, showId), fan.userId, 500)
})

/** An address where nobody listens. */
const nowhere = async () => `http://127.0.0.1:${await freePort()}`
