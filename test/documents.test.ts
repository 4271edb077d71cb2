import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openSystem, type TestSystem } from './system.ts'

let world: TestSystem
before(async () => {
  world = await openSystem()
})
after(() => world.close())

test('the page of the API and all it loads run nothing inline and ask nobody else, like the pages of the app', async () => {
  const html = await world.system.app.inject('/docs/')
  const files = [...html.body.matchAll(/(?:src|href)="\.(\/static\/[^"]+)"/g)].map(([, path]) => `/docs${path}`)
  assert.ok(files.length >= 5, `it loads ${files}`)
  assert.doesNotMatch(html.body, /<script>|<script [^>]*>[^<]*\S[^<]*<\/script>|<style|https?:\/\//)
  for (const path of ['/docs/', '/docs/json', ...files]) {
    const { statusCode, headers, body } = await world.system.app.inject(path)
    assert.equal(statusCode, 200, path)
    const policy = String(headers['content-security-policy'])
    assert.match(policy, /^default-src 'none'; script-src 'self'; .*base-uri 'none'; .*frame-ancestors 'self'$/, path)
    assert.doesNotMatch(policy, /unsafe|https?:|\*/, path)
    assert.deepEqual([headers['cross-origin-opener-policy'], headers['x-content-type-options']], ['same-origin', 'nosniff'], path)
    if (path.endsWith('initializer.js')) assert.match(body, /"validatorUrl":null/)
  }
  assert.equal((await world.system.app.inject('/openapi.json')).headers['content-security-policy'], undefined)
})

test('the document says where a pass goes, and whether it has to', async () => {
  const { paths, components } = (await world.system.app.inject('/openapi.json')).json()
  assert.deepEqual([components.securitySchemes.pass.in, components.securitySchemes.pass.name], ['header', 'Pass'])
  assert.deepEqual(paths['/api/shows/{id}/holds'].post.security, [{ session: [], pass: [] }, { session: [] }])
  assert.deepEqual(paths['/api/shows/{id}/holds/best'].post.security, [{ session: [], pass: [] }])
  assert.deepEqual(paths['/api/holds'].get.security, [{ session: [] }])
  assert.equal(paths['/api/shows/{id}/seats'].get.security, undefined)
})
