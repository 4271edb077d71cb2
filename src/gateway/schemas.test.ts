import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serializerOf, validatorOf } from './schemas.ts'

const counting = () => ({ type: 'object', properties: { count: { type: 'integer', default: 20 } }, additionalProperties: false })

test('routes whose schemas say the same share what was made of it; of another there is another', () => {
  assert.equal(serializerOf(counting()), serializerOf(counting()))
  assert.notEqual(serializerOf(counting()), serializerOf({ ...counting(), required: ['count'] }))
  assert.equal(validatorOf({ schema: counting(), httpPart: 'body' }), validatorOf({ schema: counting(), httpPart: 'body' }))
})

test('text of an address becomes a number, text in a body does not, though both have one schema', () => {
  const query = { count: '7' }
  assert.equal(validatorOf({ schema: counting(), httpPart: 'querystring' })(query), true)
  assert.deepEqual(query, { count: 7 })
  assert.equal(validatorOf({ schema: counting(), httpPart: 'body' })({ count: '7' }), false)
})

test('an answer is written with what its schema names and nothing else', () => {
  assert.equal(serializerOf(counting())({ count: 3, secret: 'x' }), '{"count":3}')
})
