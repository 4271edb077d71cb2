import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { signWebhook, verifyWebhook, webhookAgeMaxMs } from './webhook.ts'

const now = 1_700_000_000_000
const [secret, previous] = ['a'.repeat(40), 'b'.repeat(40)]
const message = signWebhook(secret, { id: 'msg_1', timestamp: String(now / 1_000), body: '{"ref":"x"}' })

test('the signature is that of Standard Webhooks, and is taken from either secret while one is replaced', () => {
  assert.equal(message.signature, `v1,${createHmac('sha256', secret).update(`msg_1.${now / 1_000}.{"ref":"x"}`).digest('base64')}`)
  assert.equal(verifyWebhook([secret], message, now), 'valid')
  assert.equal(verifyWebhook([previous, secret], message, now), 'valid')
  const both = { ...message, signature: `v1,${'x'.repeat(44)} v1a,${'y'.repeat(44)} ${message.signature}` }
  assert.equal(verifyWebhook([secret], both, now), 'valid')
})

test('a changed body, id, time or signature is invalid; a true message outside of five minutes is late', () => {
  const bad = [
    { ...message, body: '{"ref":"y"}' }, { ...message, id: 'msg_2' }, { ...message, timestamp: String(now / 1_000 + 1) },
    { ...message, signature: '' }, { ...message, signature: message.signature.slice(3) }, { ...message, signature: 'v1,' }, { ...message, timestamp: '' }, { ...message, timestamp: 'NaN' },
    signWebhook(previous, message),
  ]
  for (const one of bad) assert.equal(verifyWebhook([secret], one, now), 'invalid', JSON.stringify(one))
  for (const away of [-webhookAgeMaxMs, webhookAgeMaxMs]) assert.equal(verifyWebhook([secret], message, now + away), 'valid')
  for (const away of [-webhookAgeMaxMs - 1, webhookAgeMaxMs + 1]) assert.equal(verifyWebhook([secret], message, now + away), 'late')
})
