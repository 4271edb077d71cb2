import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError, readConfig } from './config.ts'

const secret = (letter: string) => letter.repeat(32)

test('nothing configured is enough for the embedded default', () => {
  const config = readConfig({})
  assert.equal(config.PORT, 8080)
  assert.equal(config.DATA_DIR, './data')
  assert.equal(config.DATABASE_URL, undefined)
  assert.equal(config.PUBLIC_URL, 'http://127.0.0.1:8080')
})

test('all problems are reported at once', () => {
  assert.throws(() => readConfig({ PORT: 'x', MAIL: 'pigeon', DATABASE_URL: 'postgres://h/d', SESSION_SECRET: 'short' }), (error) => {
    assert.ok(error instanceof ConfigError)
    for (const name of ['PORT', 'MAIL', 'SESSION_SECRET', 'PASS_SECRET']) assert.match(error.message, new RegExp(name))
    return true
  })
})

test('a shared database without secrets is refused: a secret made up at start would differ after a restart', () => {
  assert.throws(() => readConfig({ DATABASE_URL: 'postgres://h/d' }), /SESSION_SECRET is required/)
  assert.throws(() => readConfig({ DATABASE_URL: 'postgres://h/d', SESSION_SECRET: secret('a'), PASS_SECRET: secret('a') }), /must differ/)
  assert.doesNotThrow(() => readConfig({ DATABASE_URL: 'postgres://h/d', SESSION_SECRET: secret('a'), PASS_SECRET: secret('b') }))
})

test('demo logins are refused with DATABASE_URL and on a public address', () => {
  const shared = { DATABASE_URL: 'postgres://h/d', SESSION_SECRET: secret('a'), PASS_SECRET: secret('b') }
  assert.throws(() => readConfig(shared, { demo: true }), /demo data and logins are refused/)
  assert.throws(() => readConfig({ HOST: '0.0.0.0' }, { demo: true }), /refused on 0\.0\.0\.0/)
})
