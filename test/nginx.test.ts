import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, request, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { freePort } from '../src/platform/free-port.ts'
import { catalogue } from '../src/gateway/catalogue.ts'
import { rateBudgets } from '../src/gateway/limits.ts'
import { httpLimits } from '../src/gateway/server.ts'
import { streamLimits } from '../src/platform/streams.ts'
import { planBytesMax } from '../src/concert/answers.ts'
import { configureNginx, type Nginx, nginxBinary, startNginx } from '../src/cli/nginx.ts'

const skip = nginxBinary() ? false : 'needs nginx in the PATH'
const template = await readFile(new URL('../deploy/nginx/openrun.conf', import.meta.url), 'utf8')
const gateways: Server[] = []
/** What each gateway does with a request; both remember what they got. */
const handlers: RequestListener[] = []
const got: { gateway: number; request: IncomingMessage }[] = []
let nginx: Nginx
let directory: string

before(async () => {
  if (skip) return
  directory = await mkdtemp(join(tmpdir(), 'openrun-nginx-'))
  for (const index of [0, 1]) {
    const server = createServer((incoming, response) => {
      got.push({ gateway: index, request: incoming })
      handlers[index]?.(incoming, response)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    gateways.push(server)
  }
})
after(async () => {
  if (skip) return
  for (const server of gateways) {
    server.closeAllConnections()
    server.close()
  }
  await rm(directory, { recursive: true, force: true })
})
// one for each test: it remembers who failed
beforeEach(async () => {
  if (skip) return
  got.length = 0
  handlers[0] = handlers[1] = (_request, response) => void response.end('ok')
  const places = gateways.map((server) => `127.0.0.1:${(server.address() as AddressInfo).port}`)
  nginx = await startNginx({ directory, port: await freePort(), gateways: places }, () => undefined, () => undefined)
})
afterEach(() => nginx?.stop())

const ask = (path: string, init?: RequestInit) => fetch(new URL(path, nginx.url), init)
const ending: RequestListener = (incoming) => incoming.socket.destroy()

test('nginx takes the configuration, for one gateway and for many', { skip }, async () => {
  for (const count of [1, 8]) {
    const place = join(directory, `check${count}`)
    const file = await configureNginx({ directory: place, port: 18_080, gateways: Array.from({ length: count }, (_, i) => `127.0.0.1:${20_000 + i}`) })
    const { status, stderr } = spawnSync(nginxBinary() as string, ['-t', '-p', place, '-e', 'stderr', '-c', file], { encoding: 'utf8' })
    assert.equal(status, 0, stderr)
  }
})

test('callbacks of providers go where they are taken and nothing else does; one that is lost there is sent to the next', { skip }, async (t) => {
  const [gateway, taker] = gateways.map((server) => `127.0.0.1:${(server.address() as AddressInfo).port}`) as [string, string]
  const place = join(directory, 'callbacks')
  const front = await startNginx({ directory: place, port: await freePort(), gateways: [gateway], callbacks: [taker] }, () => undefined, () => undefined)
  t.after(() => front.stop())
  const send = (path: string) => fetch(new URL(path, front.url), { method: 'POST', body: '{}' })
  for (const path of ['/api/providers/sandbox/callbacks', '/api/providers/sandbox/callbacks?x=1', '/api/providers/live/stream']) assert.equal((await send(path)).status, 200)
  for (const path of ['/api/payments', '/api/concerts', '/api/shows/providers/queue']) await send(path)
  assert.deepEqual(got.map(({ gateway: index }) => index), [1, 1, 1, 0, 0, 0])
  got.length = 0
  handlers[0] = ending
  for (let i = 0; i < 2; i++) assert.equal((await ask('/api/providers/sandbox/callbacks', { method: 'POST', body: '{}' })).status, 200, 'without takers of their own the gateways take them')
  assert.ok(got.some(({ gateway: index }) => index === 0) && got.some(({ gateway: index }) => index === 1))
})

test('a read that one gateway loses is answered by the other; a write that was sent is not sent again', { skip }, async () => {
  handlers[0] = ending
  for (let i = 0; i < 4; i++) assert.equal((await ask('/api/concerts')).status, 200)
  handlers[1] = ending
  got.length = 0
  assert.equal((await ask('/api/sessions', { method: 'POST', body: '{}' })).status, 503)
  assert.equal(got.length, 1)
})

test('a write under an Idempotency-Key that one gateway loses is sent to the other', { skip }, async () => {
  handlers[0] = ending
  const bodies: string[] = []
  handlers[1] = async (incoming, response) => {
    for await (const chunk of incoming) bodies.push(String(chunk))
    response.end('ok')
  }
  for (let i = 0; i < 4; i++) assert.equal((await ask('/api/payments', { method: 'POST', body: `{"n":${i}}`, headers: { 'idempotency-key': `k${i}` } })).status, 200)
  assert.deepEqual(bodies.toSorted(), ['{"n":0}', '{"n":1}', '{"n":2}', '{"n":3}'])
  assert.ok(got.some(({ gateway }) => gateway === 0), 'the first one had its turn')
})

test('a gateway that is about to stop is left alone after a few reads, and nobody notices', { skip }, async () => {
  handlers[0] = (incoming, response) => {
    assert.equal(incoming.headers['other-gateways'], 'yes')
    response.writeHead(502).end()
  }
  for (let i = 0; i < 20; i++) assert.equal((await ask('/readyz')).status, 200)
  const failed = got.filter(({ gateway }) => gateway === 0).length
  assert.ok(failed <= 4, `${failed} reads were sent to it`)
  got.length = 0
  await ask('/api/sessions', { method: 'POST', body: '{}' })
  assert.deepEqual(got.map(({ gateway }) => gateway), [1])
})

test('events of a stream arrive one by one, uncompressed, while it is open', { skip }, async () => {
  let write = (_text: string): unknown => undefined
  handlers[0] = handlers[1] = (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    write = (text) => response.write(text)
    write('data: first\n\n')
  }
  const response = await ask('/api/shows/1/queue/stream', { headers: { 'accept-encoding': 'gzip' } })
  assert.equal(response.headers.get('content-encoding'), null)
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  const next = async () => new TextDecoder().decode((await reader.read()).value)
  assert.equal(await next(), 'data: first\n\n')
  write('data: second\n\n')
  assert.equal(await next(), 'data: second\n\n', 'it came before the stream ended')
  await reader.cancel()
})

test('the gateway hears who is connected, not what the sender says', { skip }, async () => {
  await ask('/healthz', { headers: { 'x-forwarded-for': '203.0.113.7' } })
  assert.equal(got[0]?.request.headers['x-forwarded-for'], '127.0.0.1')
  assert.equal(got[0]?.request.headers.host, new URL(nginx.url).host)
})

test('what nginx refuses itself looks like every other refusal', { skip }, async () => {
  const large = await ask('/api/sessions', { method: 'POST', body: 'x'.repeat(httpLimits.bodyBytesMax + 1) })
  assert.deepEqual([large.status, large.headers.get('content-type'), (await codeOf(large))], [413, 'application/problem+json', 'body_too_large'])
  assert.equal((await ask('/api/shows/1/plan', { method: 'PUT', body: 'x'.repeat(httpLimits.bodyBytesMax + 1) })).status, 200, 'plans are larger')
  handlers[0] = handlers[1] = ending
  const away = await ask('/api/concerts')
  assert.deepEqual([away.status, away.headers.get('retry-after'), (await codeOf(away))], [503, '1', 'outcome_unknown'])
  const said = [...template.matchAll(/return (\d+) '(\{.*\})'/g)]
  assert.equal(said.length, 3)
  for (const [, status, text] of said) {
    const problem = JSON.parse(text as string)
    const { en, next, status: known } = catalogue[problem.code] as (typeof catalogue)[string]
    assert.deepEqual([Number(status), problem.status, problem.title, problem.next, problem.type], [known, known, en, next.en, `/docs/errors#${problem.code}`])
  }
})

test('requests under way are answered when the configuration is read again', { skip }, async () => {
  let answer = () => {}
  const arrived = new Promise<void>((resolve) => {
    handlers[0] = handlers[1] = (_request, response) => {
      answer = () => void response.end('late')
      resolve()
    }
  })
  const slow = ask('/api/me')
  await arrived
  nginx.reload()
  handlers[0] = handlers[1] = (_request, response) => void response.end('fresh')
  // on connections of their own: nginx ends idle ones when it reads its configuration again
  for (let i = 0; i < 20; i++) assert.equal(await statusOf('/healthz'), 200)
  answer()
  assert.equal(await (await slow).text(), 'late')
})

test('limits of nginx lie around those of the gateway', () => {
  const numberOf = (pattern: RegExp) => Number(pattern.exec(template)?.[1])
  assert.ok(numberOf(/rate=(\d+)r\/s/) >= rateBudgets.read.address.perSecond + rateBudgets.write.address.perSecond)
  assert.ok(numberOf(/burst=(\d+)/) >= rateBudgets.read.address.burst + rateBudgets.write.address.burst)
  assert.ok(numberOf(/limit_conn openrun_connections (\d+)/) > streamLimits.perAddressMax, 'who only watches leaves room for requests')
  assert.equal(numberOf(/client_max_body_size (\d+)k/) * 1024, httpLimits.bodyBytesMax)
  assert.equal(numberOf(/client_max_body_size (\d+)m/) * 1024 ** 2, planBytesMax)
  assert.ok(numberOf(/proxy_read_timeout (\d+)s/) * 1_000 > httpLimits.requestTimeoutMs)
  assert.ok(numberOf(/keepalive_timeout (\d+)s; +# nginx closes first/) * 1_000 < httpLimits.keepAliveMs)
})

function statusOf(path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(new URL(path, nginx.url), { agent: false }, (response) => resolve(response.resume().statusCode)).on('error', reject).end()
  })
}

const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code
