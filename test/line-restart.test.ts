import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type ChildServer, startChildServer } from '../src/cli/child-server.ts'
import { createPostgresDatabase, testDatabaseUrl } from '../src/platform/testing.ts'

const operator = { email: 'operator@example.com', password: 'operator-password-1' }
const fansCount = 60
let directory: string
let server: ChildServer
let drop = async () => {}
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'openrun-line-'))
  const postgres = testDatabaseUrl ? await createPostgresDatabase(testDatabaseUrl) : undefined
  if (postgres) drop = postgres.drop
  server = await startChildServer(directory, {
    REHEARSALS: 'on', QUEUE_CAP: '1', REDIS_URL: '', DATABASE_URL: postgres?.url ?? '', OPERATOR_EMAIL: operator.email, OPERATOR_PASSWORD: operator.password,
  })
})
after(async () => {
  await server?.stop()
  await drop()
  await rm(directory, { recursive: true, force: true })
})

type Answer = { status: number; body: { accessToken: string; showId: string; fans: { accessToken: string }[]; position: number; number: number; stored: { hash: string; waiting: number }; copy: { hash: string; keptIn: string } | null } }
async function send(method: string, path: string, token?: string, body?: object): Promise<Answer> {
  const headers = { ...(body ? { 'content-type': 'application/json' } : {}), ...(token ? { authorization: `Bearer ${token}` } : {}), 'idempotency-key': randomUUID() }
  const response = await fetch(new URL(path, server.url), { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) })
  const text = await response.text()
  return { status: response.status, body: text ? JSON.parse(text) : {} }
}

test('the only process is killed: the line it kept in memory is there again, in the same order, and nobody moved back', { timeout: 120_000 }, async (t) => {
  const { accessToken } = (await send('POST', '/api/sessions', undefined, operator)).body
  const { showId, fans } = (await send('POST', '/api/operations/rehearsals', accessToken, { fans: fansCount, seats: 4 })).body
  const url = `/api/shows/${showId}/queue`
  const tokens = fans.map((fan) => fan.accessToken)
  const [first = '', ...others] = tokens
  while ((await send('POST', url, first)).status !== 201) t.signal.throwIfAborted() // the show is still made
  await Promise.all(others.map(async (token) => assert.equal((await send('POST', url, token)).status, 201)))
  for (const token of tokens.slice(20, 30)) assert.equal((await send('DELETE', `${url}/me`, token)).status, 204)
  const places = () => Promise.all(tokens.map(async (token) => (await send('GET', `${url}/me`, token)).body))
  const order = async () => (await send('GET', `/api/operations/shows/${showId}/line/order`, accessToken)).body
  const [before, placesBefore] = [await order(), await places()]
  assert.deepEqual([before.stored.waiting, before.copy?.hash, before.copy?.keptIn], [fansCount - 11, before.stored.hash, 'memory'])

  await server.killAndRestart()

  const [after, placesAfter] = [await order(), await places()]
  assert.deepEqual([after.stored.hash, after.copy?.hash], [before.stored.hash, before.stored.hash])
  assert.deepEqual(placesAfter.map(({ number, position }) => [number, position]), placesBefore.map(({ number, position }) => [number, position]))
})
