import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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

test('a previous secret is no secret in use, by value or by file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'openrun-config-'))
  const file = join(directory, 'previous')
  writeFileSync(file, `${secret('c')}\n`)
  const now = { SESSION_SECRET: secret('a'), PASS_SECRET: secret('b') }
  assert.equal(readConfig({ ...now, PASS_SECRET_PREVIOUS_FILE: file }).PASS_SECRET_PREVIOUS, secret('c'))
  assert.throws(() => readConfig({ ...now, SESSION_SECRET_PREVIOUS: secret('a') }), /SESSION_SECRET and SESSION_SECRET_PREVIOUS must differ/)
  assert.throws(() => readConfig({ ...now, PASS_SECRET_PREVIOUS: secret('a') }), /SESSION_SECRET and PASS_SECRET_PREVIOUS must differ/)
})

test('demo logins are refused with DATABASE_URL and on a public address', () => {
  const shared = { DATABASE_URL: 'postgres://h/d', SESSION_SECRET: secret('a'), PASS_SECRET: secret('b') }
  assert.throws(() => readConfig(shared, { demo: true }), /demo data and logins are refused/)
  assert.throws(() => readConfig({ HOST: '0.0.0.0' }, { demo: true }), /refused on 0\.0\.0\.0/)
})

test('a secret may stand in a file; a missing or empty file and a secret given twice are problems that name the variable', () => {
  const directory = mkdtempSync(join(tmpdir(), 'openrun-config-'))
  const [full, empty] = [join(directory, 'full'), join(directory, 'empty')]
  writeFileSync(full, `${secret('a')}\n`)
  writeFileSync(empty, '\n')
  assert.equal(readConfig({ SESSION_SECRET_FILE: full }).SESSION_SECRET, secret('a'))
  assert.throws(() => readConfig({ SESSION_SECRET_FILE: empty, PASS_SECRET_FILE: join(directory, 'absent') }), (error) => {
    assert.match((error as Error).message, /SESSION_SECRET_FILE: .* is empty/)
    assert.match((error as Error).message, /PASS_SECRET_FILE: ENOENT/)
    return true
  })
  assert.throws(() => readConfig({ SESSION_SECRET_FILE: full, SESSION_SECRET: secret('b') }), /both given/)
})

test('a number is written in digits: spaces are no port', () => {
  for (const PORT of [' ', '0x50', '8e3', '80.5', '-1']) assert.throws(() => readConfig({ PORT }), /PORT/, JSON.stringify(PORT))
})

test('a name that begins like a loopback address is none', () => {
  assert.throws(() => readConfig({ HOST: '127.example.com' }, { demo: true }), /refused on 127\.example\.com/)
  assert.doesNotThrow(() => readConfig({ HOST: '::1' }, { demo: true }))
})

test('the URL in mails can be opened, whatever address is listened on', () => {
  assert.equal(readConfig({ HOST: '::1' }).PUBLIC_URL, 'http://[::1]:8080')
  assert.equal(readConfig({ HOST: '::' }).PUBLIC_URL, 'http://localhost:8080')
  assert.equal(readConfig({ PUBLIC_URL: 'https://tickets.example/' }).PUBLIC_URL, 'https://tickets.example')
})

test('what cannot be read as networks is said and not passed over', () => {
  assert.throws(() => readConfig({ TRUST_PROXY: 'proxy.example', RATE_LIMIT_EXEMPT: '10.0.0.0/40' }), (error) => /TRUST_PROXY/.test(String(error)) && /RATE_LIMIT_EXEMPT/.test(String(error)))
  assert.throws(() => readConfig({ KAFKA_BROKERS: 'x' }), /KAFKA_BROKERS/)
})

test('a process that does not run everything says all that it misses, and asks only for what it calls', () => {
  const problemsOf = (environment: Record<string, string>) => {
    try {
      readConfig(environment)
      return []
    } catch (error) {
      return [...String(error).matchAll(/- (\w+) is required when/g)].map((match) => match[1])
    }
  }
  const engines = ['KAFKA_BROKERS', 'DATABASE_URL', 'SERVICE_SECRET']
  assert.deepEqual(problemsOf({ SERVICES: 'user' }), engines)
  assert.deepEqual(problemsOf({ SERVICES: 'seat,wallet' }), [...engines, 'USER_URL', 'CONCERT_URL'])
  assert.deepEqual(problemsOf({ SERVICES: 'gateway,user,concert,wallet,seat,queue' }), [...engines, 'RESERVATION_URL', 'PAYMENT_URL'])
  assert.throws(() => readConfig({ SERVICES: 'seat,market' }), /SERVICES names market/)
  const whole = readConfig({})
  assert.ok(whole.isWhole && whole.runs.has('gateway') && whole.runs.has('payment'))
  const secret = (letter: string) => letter.repeat(40)
  const apart = { SERVICES: 'concert', KAFKA_BROKERS: 'a:9092,b:9092', DATABASE_URL: 'postgres://h/d', USER_URL: 'http://user:9191', SERVICE_SECRET: secret('v'), SESSION_SECRET: secret('s'), PASS_SECRET: secret('p') }
  assert.deepEqual([...readConfig(apart).runs], ['concert'])
  assert.throws(() => readConfig({ ...apart, SERVICE_SECRET: secret('s') }), /must differ/)
  assert.throws(() => readConfig({ ...apart, USER_URL: 'user:9191' }), /USER_URL/)
})

test('SEAT_URL=none leaves the line alone, in one process that needs no engine, or split', () => {
  const line = readConfig({ SEAT_URL: 'none' })
  assert.deepEqual([...line.runs], ['gateway', 'user', 'concert', 'queue'])
  assert.ok(line.isWhole)
  assert.deepEqual([...line.absent], ['wallet', 'seat', 'reservation', 'payment'])
  const named = readConfig({ SERVICES: 'gateway,user,concert,queue', SEAT_URL: 'none' })
  assert.ok(named.isWhole, 'what there is runs here')
  assert.deepEqual(named.absent, line.absent)
  const withWallet = readConfig({ SERVICES: 'gateway,user,concert,wallet,queue', SEAT_URL: 'none' })
  assert.ok(withWallet.isWhole && withWallet.runs.has('wallet') && !withWallet.absent.has('wallet'))
  const split = () => readConfig({ SERVICES: 'queue', SEAT_URL: 'none' })
  assert.throws(split, (error) => ['KAFKA_BROKERS', 'DATABASE_URL', 'SERVICE_SECRET', 'USER_URL', 'CONCERT_URL'].every((name) => String(error).includes(`${name} is required`)) && !/WALLET_URL|SEAT_URL/.test(String(error)))
})

test('QUEUE_URL=none is the seats alone; somebody else has to sign passes with a secret that is said', () => {
  assert.throws(() => readConfig({ QUEUE_URL: 'none' }), /PASS_SECRET is required with QUEUE_URL=none/)
  const seats = readConfig({ QUEUE_URL: 'none', PASS_SECRET: secret('p') })
  assert.ok(seats.isWhole && !seats.runs.has('queue'))
  assert.deepEqual([...seats.absent], ['queue'])
})

test('what cannot be without each other is refused, all of it at once', () => {
  const problemsOf = (environment: Record<string, string>) => {
    try {
      readConfig(environment)
      return ''
    } catch (error) {
      return String(error)
    }
  }
  const all = problemsOf({ SERVICES: 'gateway,concert,seat,payment,callbacks', USER_URL: 'none', SEAT_URL: 'none', QUEUE_URL: 'none', WALLET_URL: 'none' })
  for (const said of ['SERVICES names seat, and SEAT_URL is none', 'USER_URL cannot be none', 'SEAT_URL and QUEUE_URL are both none', 'SEAT_URL cannot be none while there is payment', 'WALLET_URL cannot be none while there is payment', 'callbacks, and there is no wallet'])
    assert.ok(all.includes(said), `${said} in ${all}`)
  assert.match(problemsOf({ PAYMENT_URL: 'none' }), /PAYMENT_URL cannot be none while there is seat/)
  assert.match(problemsOf({ RESERVATION_URL: 'none' }), /RESERVATION_URL cannot be none while there is seat/)
  assert.match(problemsOf({ CONCERT_URL: 'none' }), /CONCERT_URL cannot be none: every sale asks concert/)
  assert.match(problemsOf({ SEAT_URL: 'none', RESERVATION_URL: 'http://r:1' }), /SEAT_URL cannot be none while there is reservation/)
  assert.match(problemsOf({ SEAT_URL: 'nowhere' }), /SEAT_URL/)
})

test('the callbacks of providers alone are a process that needs the wallet and nobody else', () => {
  const engines = { KAFKA_BROKERS: 'a:1', DATABASE_URL: 'postgres://h/d', SERVICE_SECRET: secret('v'), SESSION_SECRET: secret('s'), PASS_SECRET: secret('p') }
  assert.throws(() => readConfig({ ...engines, SERVICES: 'callbacks' }), (error) => /WALLET_URL is required/.test(String(error)) && !/USER_URL|SEAT_URL/.test(String(error)))
  assert.deepEqual([...readConfig({ ...engines, SERVICES: 'callbacks', WALLET_URL: 'http://w:1' }).runs], ['callbacks'])
})

test('REDIS_URL names a server or the nodes of a Cluster; anything else is refused without being quoted', () => {
  for (const REDIS_URL of ['redis://h:6379', 'rediss://me:geheim@h:6380/2', 'redis://:geheim@a:1,b:2,c:3', 'redis://[::1]:6379'])
    assert.equal(readConfig({ REDIS_URL }).REDIS_URL, REDIS_URL)
  for (const REDIS_URL of ['h:6379', 'http://h:6379', 'redis://', 'redis://me:geheim@a:1,b:2/1', 'redis://h:port', 'redis://h:6379/one', 'redis://a:1,,b:2', 'redis://a:1 ,b:2'])
    assert.throws(() => readConfig({ REDIS_URL }), (error) => /REDIS_URL must be/.test(String(error)) && !/geheim/.test(String(error)), REDIS_URL)
})
