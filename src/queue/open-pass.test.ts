import assert from 'node:assert/strict'
import { createHmac, createPublicKey, randomUUID, verify } from 'node:crypto'
import { test } from 'node:test'
import { createOpenPasses } from './open-pass.ts'

const key = { id: 'k1', secret: 'a'.repeat(40) }
const claims = { userId: randomUUID(), sessionId: randomUUID(), showId: randomUUID(), windowId: randomUUID(), passNo: 3, sections: ['A'], exp: 1_700_000_000_000 }
const json = (part = '') => JSON.parse(Buffer.from(part, 'base64url').toString())
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

test('a pass is a JWT that anybody verifies with the published key alone', () => {
  const passes = createOpenPasses([key])
  const [head, payload, signature] = passes.sign(claims).split('.')
  assert.deepEqual(json(head), { alg: 'EdDSA', typ: 'JWT', kid: 'k1' })
  assert.equal(json(payload).exp, claims.exp / 1_000)
  const publicKey = createPublicKey({ key: passes.publicKeys[0] as never, format: 'jwk' })
  assert.ok(verify(null, Buffer.from(`${head}.${payload}`), publicKey, Buffer.from(signature as string, 'base64url')))
  assert.deepEqual(passes.verify(passes.sign(claims), claims.exp - 1), { claims })
  assert.deepEqual(passes.verify(passes.sign(claims), claims.exp), { problem: 'expired' })
  assert.ok(!JSON.stringify(passes.publicKeys).includes(key.secret))
})

test('a changed, foreign, unsigned or differently signed pass is invalid', () => {
  const passes = createOpenPasses([key])
  const pass = passes.sign(claims)
  const [head = '', payload = '', signature = ''] = pass.split('.')
  const otherUser = encode({ ...json(payload), sub: randomUUID() })
  const hs256 = `${encode({ alg: 'HS256', kid: 'k1' })}.${payload}`
  const bad = [
    `${head}.${otherUser}.${signature}`,
    createOpenPasses([{ id: 'k1', secret: 'b'.repeat(40) }]).sign(claims),
    createOpenPasses([{ id: 'k2', secret: 'a'.repeat(40) }]).sign(claims),
    `${encode({ alg: 'none', kid: 'k1' })}.${payload}.`,
    // the public key taken for a shared secret
    `${hs256}.${createHmac('sha256', passes.publicKeys[0]?.x ?? '').update(hs256).digest('base64url')}`,
    `${pass}.x`, `${pass}=`, '', '..', 'x'.repeat(5_000), `${head}.${payload}`,
  ]
  for (const text of bad) assert.deepEqual(passes.verify(text, 0), { problem: 'invalid' }, text)
})

test('a replaced secret still verifies what it signed and signs nothing', () => {
  const old = createOpenPasses([key]).sign(claims)
  const passes = createOpenPasses([{ id: 'k2', secret: 'c'.repeat(40) }, key])
  assert.ok('claims' in passes.verify(old, 0))
  assert.equal(json(passes.sign(claims).split('.')[0]).kid, 'k2')
  assert.deepEqual(passes.publicKeys.map(({ kid }) => kid), ['k2', 'k1'])
})
