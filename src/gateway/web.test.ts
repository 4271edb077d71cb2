import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import fastify from 'fastify'
import type { App } from '../platform/http.ts'
import { readWeb, sendPage, wantsPage, webRoutes } from './web.ts'

let directory = ''
const script = `console.log(${JSON.stringify('가'.repeat(800))})`
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'openrun-web-'))
  await mkdir(join(directory, 'assets'))
  await mkdir(join(directory, '.vite'))
  await writeFile(join(directory, 'assets/app-1a2b.js'), script)
  await writeFile(join(directory, '.vite/manifest.json'), '{}')
  await writeFile(join(directory, 'icon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>')
  await writeFile(join(directory, 'index.html'), '<!doctype html><html lang="ko"><script nonce="CSP_NONCE" type="module" src="/assets/app-1a2b.js"></script></html>')
  await writeFile(join(directory, 'line.html'), '<!doctype html><html lang="ko"><title>line</title></html>')
})
after(() => rm(directory, { recursive: true }))

async function serve({ from = directory, secure = false } = {}) {
  const web = readWeb(from)
  const app = fastify() as unknown as App
  webRoutes(app, { web, secure })
  app.setNotFoundHandler((request, reply) => (wantsPage(request) ? sendPage(web.app, request, reply, secure, 404) : reply.code(404).send({ code: 'not_found' })))
  await app.ready()
  return app
}

test('a page carries a nonce of its own, a policy without inline and nothing of another origin, and is never kept', async () => {
  const app = await serve({ secure: true })
  const [one, two] = [await app.inject('/'), await app.inject('/shows/x/seats')]
  const nonces = [one, two].map(({ body, headers }) => {
    const nonce = /nonce="([\w-]{22})"/.exec(body)?.[1]
    const policy = String(headers['content-security-policy'])
    assert.ok(policy.includes(`script-src 'nonce-${nonce}' 'strict-dynamic'`), policy)
    assert.ok(!/unsafe|https?:|\*/.test(policy), policy)
    assert.equal(headers['cache-control'], 'no-store')
    assert.match(String(headers['strict-transport-security']), /max-age=/)
    return nonce
  })
  assert.notEqual(nonces[0], nonces[1])
  assert.match((await app.inject('/shows/x/line')).body, /<title>line/)
  assert.equal((await serve()).hasRoute({ method: 'GET', url: '/wallet' }), true)
  await app.close()
})

test('a hashed file is kept for a year, zipped for who takes it, and spared for who has it', async () => {
  const app = await serve()
  const plain = await app.inject('/assets/app-1a2b.js')
  assert.equal(plain.body, script)
  assert.equal(plain.headers['cache-control'], 'public, max-age=31536000, immutable')
  const zipped = await app.inject({ url: '/assets/app-1a2b.js', headers: { 'accept-encoding': 'gzip, br' } })
  assert.equal(zipped.headers['content-encoding'], 'gzip')
  assert.equal(gunzipSync(zipped.rawPayload).toString(), script)
  const again = await app.inject({ url: '/assets/app-1a2b.js', headers: { 'if-none-match': String(plain.headers.etag) } })
  assert.deepEqual([again.statusCode, again.body], [304, ''])
  await app.close()
})

test('only what was built is served: no other file, however its path is written', async () => {
  const app = await serve()
  for (const url of ['/assets/../index.html', '/assets/%2e%2e/%2e%2e/package.json', '/.vite/manifest.json', '/assets/', '/web.ts'])
    assert.equal((await app.inject(url)).statusCode, 404, url)
  await app.close()
})

test('the page speaks the language that is wished first; an unknown address is a page for people and a problem for programs', async () => {
  const app = await serve()
  const langOf = async (language?: string) => /<html lang="(\w+)"/.exec((await app.inject({ url: '/', headers: language ? { 'accept-language': language } : {} })).body)?.[1]
  assert.deepEqual([await langOf('en-GB,en;q=0.9,ko;q=0.8'), await langOf('ko-KR,en;q=0.5'), await langOf('de-DE,en;q=0.5'), await langOf('fr'), await langOf()], ['en', 'ko', 'en', 'en', 'ko'])
  const missing = await app.inject({ url: '/nowhere', headers: { accept: 'text/html' } })
  assert.deepEqual([missing.statusCode, missing.headers['content-type']], [404, 'text/html; charset=utf-8'])
  for (const [url, accept] of [['/nowhere', 'application/json'], ['/api/nowhere', 'text/html']] as const)
    assert.equal((await app.inject({ url, headers: { accept } })).json().code, 'not_found')
  await app.close()
})

test('an app that is not built says how to build it, and the API is not in its way', async () => {
  const app = await serve({ from: join(directory, 'nothing') })
  const { statusCode, body } = await app.inject('/')
  assert.equal(statusCode, 503)
  assert.match(body, /npm run build/)
  await app.close()
})
