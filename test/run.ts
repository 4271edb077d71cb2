import { globSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { nginxBinary } from '../src/cli/nginx.ts'
import { createTemplate } from '../src/platform/testing.ts'
import { serviceNames } from '../src/services.ts'
import { findChromium } from './browser/chromium.ts'
import { type Job, runPool } from './pool.ts'

/**
 * Runs every test this machine can run: all of them on the embedded database and, with TEST_DATABASE_URL, those that
 * could see a difference on PostgreSQL, in one pool. TEST_REDIS_URL and TEST_REDIS_CLUSTER name a Redis and a Cluster,
 * TEST_KAFKA_BROKERS a Kafka. With CI=true all of them are required. `npm test -- name` runs the files whose path has that name.
 */
const names = process.argv.slice(2)
const files = ['src/**/*.test.ts', 'test/**/*.test.ts'].flatMap((pattern) => globSync(pattern)).sort()
const chosen = names.length === 0 ? files : files.filter((file) => names.some((name) => file.includes(name)))
if (chosen.length === 0) {
  process.stderr.write(`\n!!! no test file has ${names.join(' or ')} in its path\n`)
  process.exit(1)
}
const databaseUrl = process.env.TEST_DATABASE_URL
/** what these see does not depend on the engine of the database: once is enough */
const engineFree = /^(test\/(browser\/|web-|(nginx|leash|containers|start|catalogue|alerts|rules|redis-limits|parked-apart)\.test)|src\/(line-client|crowd|stage)\/)/
/** what takes long by its work comes first, after what cannot bear a busy broker; what looks at clocks and rates has its place among small files */
const longest = ['src/platform/kafka-bus', 'test/topologies', 'test/crash', 'test/contention']
const limits = {
  // one more than cores: many a test waits for a clock, a browser or an engine
  fileConcurrency: 3,
  testMsMax: 420_000,
  fileMsMax: 480_000,
}
/** of 0.6 s of a process that opens the whole system a half is compiling it */
const compiled = { NODE_COMPILE_CACHE: fileURLToPath(new URL('../node_modules/.cache/openrun/compile', import.meta.url)) }

const template = databaseUrl ? await createTemplate(databaseUrl, serviceNames) : undefined
const embedded = chosen.map((file): Job => ({ file, engine: 'embedded PGlite', environment: { ...compiled, TEST_DATABASE_URL: undefined } }))
const server = chosen.filter((file) => databaseUrl && !engineFree.test(file)).map((file): Job => ({ file, engine: 'PostgreSQL', environment: { ...compiled, TEST_DATABASE_TEMPLATE: template?.name } }))
process.stdout.write(`${embedded.length} test files on embedded PGlite, ${server.length} on PostgreSQL\n`)
const broken = await runPool([...embedded, ...server].sort((a, b) => rankOf(a) - rankOf(b)), limits).finally(() => template?.drop())
let failed = broken.length > 0
for (const { file, engine } of broken) process.stderr.write(`\n!!! ${file} failed on ${engine}\n`)
if (!nginxBinary()) {
  process.stderr.write('\n!!! nginx was NOT tested: install it (Debian: apt-get install nginx)\n')
  if (process.env.CI === 'true') failed = true
}
if (!findChromium()) {
  process.stderr.write('\n!!! The web app was NOT tested in a browser: install chromium and fonts-noto-cjk, or set CHROMIUM to its path\n')
  if (process.env.CI === 'true') failed = true
}
const engines = {
  TEST_DATABASE_URL: 'PostgreSQL was NOT tested: set TEST_DATABASE_URL=postgres://user@host:port/postgres to a server that may create databases',
  TEST_REDIS_URL: 'Redis was NOT tested: set TEST_REDIS_URL=redis://host:port',
  TEST_REDIS_CLUSTER: 'Redis Cluster was NOT tested: set TEST_REDIS_CLUSTER=redis://host:port,host:port,host:port',
  TEST_KAFKA_BROKERS: 'Kafka was NOT tested: set TEST_KAFKA_BROKERS=host:port to a broker that may create topics (test/kafka/start.sh runs one)',
}
for (const [name, loud] of Object.entries(engines)) {
  if (process.env[name]) continue
  process.stderr.write(`\n!!! ${loud}\n`)
  if (process.env.CI === 'true') failed = true
}
process.exit(failed ? 1 : 0)

/** Where it stands among the longest; the others come after all of them, as they are sorted. */
function rankOf({ file }: Job): number {
  const rank = longest.findIndex((name) => file.startsWith(name))
  return rank === -1 ? longest.length : rank
}
