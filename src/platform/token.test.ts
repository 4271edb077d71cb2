import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTokens } from './token.ts'

type Claims = { userId: string; exp: number }
const key = { id: 'k1', secret: 'a'.repeat(40) }
const tokens = createTokens<Claims>('session', [key])
const token = tokens.sign({ userId: 'u', exp: 1_000 })

test('a token is good until its exp and then expired, also when its signature is remembered', () => {
  assert.deepEqual(tokens.verify(token, 999), { claims: { userId: 'u', exp: 1_000 } })
  assert.deepEqual(tokens.verify(token, 1_000), { problem: 'expired' })
})

test('any flipped character, another kind, another key and nonsense are invalid', () => {
  for (let i = 0; i < token.length; i++) {
    const flipped = token.slice(0, i) + (token[i] === 'A' ? 'B' : 'A') + token.slice(i + 1)
    const verdict = tokens.verify(flipped, 0)
    assert.ok('problem' in verdict || flipped === token, `position ${i} of ${token}`)
  }
  assert.deepEqual(createTokens<Claims>('pass', [key]).verify(token, 0), { problem: 'invalid' })
  assert.deepEqual(createTokens<Claims>('session', [{ id: 'k1', secret: 'b'.repeat(40) }]).verify(token, 0), { problem: 'invalid' })
  for (const nonsense of ['', '....', 'session.k1..', 'x'.repeat(5_000)]) assert.deepEqual(tokens.verify(nonsense, 0), { problem: 'invalid' })
})

test('keys rotate: the first signs, the old one still verifies', () => {
  const rotated = createTokens<Claims>('session', [{ id: 'k2', secret: 'c'.repeat(40) }, key])
  assert.ok('claims' in rotated.verify(token, 0))
  assert.ok(rotated.sign({ userId: 'u', exp: 1 }).startsWith('session.k2.'))
})
