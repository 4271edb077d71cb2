import { createHmac, timingSafeEqual } from 'node:crypto'

/** A message that was sent to us or is sent by us, signed as Standard Webhooks has it: HMAC-SHA-256 over `id.timestamp.body`. */
export type Webhook = { id: string; timestamp: string; signature: string; body: string }

export const webhookAgeMaxMs = 5 * 60_000
const idForm = /^[\x21-\x7e]{1,200}$/
const timestampForm = /^\d{1,12}$/

const signatureOf = (secret: string, { id, timestamp, body }: Omit<Webhook, 'signature'>) =>
  createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')

export const signWebhook = (secret: string, message: Omit<Webhook, 'signature'>): Webhook => ({ ...message, signature: `v1,${signatureOf(secret, message)}` })

/** `now` in epoch ms. A message older or newer than five minutes is `late`; any of the secrets may have signed it, so that one can be replaced. */
export function verifyWebhook(secrets: readonly string[], message: Webhook, now: number): 'valid' | 'invalid' | 'late' {
  const { id, timestamp, signature } = message
  if (!idForm.test(id) || !timestampForm.test(timestamp)) return 'invalid'
  const given = signature.split(' ').filter((part) => part.startsWith('v1,')).map((part) => Buffer.from(part.slice(3)))
  const expected = secrets.map((secret) => Buffer.from(signatureOf(secret, message)))
  const isSigned = given.some((one) => expected.some((right) => one.length === right.length && timingSafeEqual(one, right)))
  if (!isSigned) return 'invalid'
  return Math.abs(Number(timestamp) * 1_000 - now) <= webhookAgeMaxMs ? 'valid' : 'late'
}
