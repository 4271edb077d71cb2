import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { nginxBinary } from '../src/cli/nginx.ts'
import { findChromium } from './browser/chromium.ts'

/**
 * Runs every test this machine can run: all of them on the embedded database, then, with TEST_DATABASE_URL, the same on
 * PostgreSQL. TEST_REDIS_URL and TEST_REDIS_CLUSTER name a Redis and a Cluster, TEST_KAFKA_BROKERS
 * a Kafka. With CI=true all of them are required. `npm test -- name` runs the files whose path has that name.
 */
const names = process.argv.slice(2)
const files = ['src/**/*.test.ts', 'test/**/*.test.ts'].flatMap((pattern) => globSync(pattern)).sort()
const chosen = names.length === 0 ? files : files.filter((file) => names.some((name) => file.includes(name)))
const databaseUrl = process.env.TEST_DATABASE_URL
/** what these see does not depend on the engine of the database: once is enough */
const engineFree = /^(test\/(browser\/|web-|(nginx|leash|containers|start|catalogue|alerts|rules|redis-limits|parked-apart)\.test)|src\/(line-client|crowd|stage)\/)/
// one more than cores: many a test waits for a clock, a browser or an engine
const fileConcurrency = 3
/** a file that leaves something open would never end */
const fileMsMax = 480_000

let failed = run('embedded PGlite', { TEST_DATABASE_URL: undefined })
if (databaseUrl) failed = run('PostgreSQL', { TEST_DATABASE_URL: databaseUrl }, chosen.filter((file) => !engineFree.test(file))) || failed
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

function run(engine: string, environment: Record<string, string | undefined>, files = chosen): boolean {
  process.stdout.write(`\n--- ${files.length} test files on ${engine} ---\n`)
  const { status } = spawnSync(process.execPath, ['--test', '--test-reporter=spec', `--test-timeout=${fileMsMax}`, `--test-concurrency=${fileConcurrency}`, ...files], {
    stdio: 'inherit',
    env: { ...process.env, ...environment },
  })
  return status !== 0
}
