import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { entrySizes } from '../src/gateway/web-sizes.ts'

const dist = new URL('../web/dist/', import.meta.url)

test('the line’s page stays below 15 kB gzip without React, a fan’s first view below 120 kB', () => {
  for (const { name, bytes, limit, files } of entrySizes()) {
    assert.ok(files.length >= 3, `${name} has scripts and styles`)
    assert.ok(bytes > 5_000 && bytes < limit, `${name} needs ${bytes} of ${limit} bytes`)
  }
  const line = entrySizes().find(({ name }) => name === 'line.html')
  for (const [file] of line?.files ?? []) assert.ok(!readFileSync(new URL(file, dist), 'utf8').includes('react.element'), file)
})

test('what is built names no other origin, has nothing inline and no secret', () => {
  for (const page of ['index.html', 'line.html']) {
    const html = readFileSync(new URL(page, dist), 'utf8')
    assert.ok(!/<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=/.test(html), page)
    assert.ok([...html.matchAll(/<script[^>]*>/g)].every(([tag]) => tag.includes('nonce="CSP_NONCE"')), page)
  }
  // the names of namespaces and of React's own help pages are no requests
  const known = /https?:\/\/(www\.w3\.org|react\.dev|localhost)/g
  for (const file of readdirSync(new URL('assets/', dist)).filter((name) => /\.(js|css)$/.test(name))) {
    const text = readFileSync(new URL(`assets/${file}`, dist), 'utf8').replace(known, '')
    assert.deepEqual([...text.matchAll(/https?:\/\/[\w.-]+/g)].map(String), [], file)
    assert.ok(!/SESSION_SECRET|PASS_SECRET|-demo-1234/.test(text), file)
  }
})
