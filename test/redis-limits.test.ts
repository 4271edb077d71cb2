import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { readConfig } from '../src/config.ts'
import { rateBudgets } from '../src/gateway/limits.ts'
import { openServer, type Server } from '../src/server.ts'
import { hasRedisServer, startTestRedis, type TestRedis } from '../src/platform/testing-redis.ts'

const options = { skip: hasRedisServer || process.env.CI === 'true' ? false : 'NOT TESTED: there is no redis-server to kill', timeout: 60_000 }
const percent = 1
const burst = Math.max(1, (rateBudgets.signIn.address.burst * percent) / 100)

let directory: string
let redis: TestRedis | undefined
const servers: Server[] = []
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'openrun-redis-limits-'))
})
after(async () => {
  for (const server of servers) await server.close('end of test')
  await redis?.close()
  await rm(directory, { recursive: true, force: true })
})

async function serve(name: string, redisUrl: string): Promise<Server> {
  const environment = { PORT: '0', OPS_PORT: '0', DATA_DIR: join(directory, name), LOG_LEVEL: 'silent', RATE_LIMIT_EXEMPT: '192.0.2.1', RATE_LIMIT_PERCENT: String(percent), REDIS_URL: redisUrl }
  const server = await openServer(readConfig(environment))
  servers.push(server)
  return server
}
/** A sign-in without a body: 400 when it passes the limit, at the price of no hash. */
const signIn = async ({ url }: Server) => (await fetch(`${url}/api/sessions`, { method: 'POST' })).status
/** Asks until a limit holds again; a test that ends in vain stops asking. */
async function limited(server: Server, { signal }: TestContext) {
  while ((await signIn(server)) !== 429) signal.throwIfAborted()
}
const uncheckedCount = async ({ opsUrl }: Server) => Number(/openrun_rate_unchecked_total (\d+)/.exec(await (await fetch(`${opsUrl}/metrics`)).text())?.[1])

test('REDIS_URL alone makes two servers count an address once; without Redis they serve on, are ready, and say so; then limits hold again', options, async (t) => {
  redis = await startTestRedis()
  const [one, two] = [await serve('one', redis.url), await serve('two', redis.url)]
  // a server's first take costs more, and one that takes too long is not waited for: of another budget, therefore
  for (const { url } of [one, two]) assert.equal((await fetch(`${url}/api/concerts`)).status, 200)
  for (let i = 0; i < burst; i++) assert.equal(await signIn(i % 2 ? one : two), 400)
  assert.deepEqual([await signIn(one), await signIn(two)], [429, 429])

  await redis.kill()
  for (let i = 0; i < 5; i++) assert.deepEqual([await signIn(one), await signIn(two)], [400, 400])
  assert.equal((await fetch(`${one.opsUrl}/readyz`)).status, 200)
  assert.ok((await uncheckedCount(one)) >= 5)

  await redis.restart()
  await limited(one, t)
})

test('a server starts without its Redis and limits once it is there', options, async (t) => {
  redis ??= await startTestRedis()
  await redis.kill()
  const server = await serve('first', redis.url)
  assert.equal(await signIn(server), 400)
  assert.ok((await uncheckedCount(server)) > 0)
  await redis.restart()
  await limited(server, t)
})
