import assert from 'node:assert/strict'
import { test } from 'node:test'
import { networksOf, prefixOf, senderOf } from './address.ts'

const none = networksOf('')!
const proxies = networksOf('10.0.0.0/8, 2001:db8:1::/48, loopback')!

test('an IPv4 address stands for itself, an IPv6 one for its first 64 bits, in whatever spelling', () => {
  assert.equal(prefixOf('203.0.113.7'), '203.0.113.7')
  const same = ['2001:db8:0:1::1', '2001:db8::1:ffff:ffff:ffff:ffff', '2001:0DB8:0000:0001:0000:0000:0000:0009', '2001:db8:0:1:5::', '2001:db8:0:1::1.2.3.4', '2001:db8::1:0:0:9.8.7.6']
  assert.deepEqual([...new Set(same.map(prefixOf))], ['2001:db8:0:1'])
  assert.notEqual(prefixOf('2001:db8:0:2::1'), prefixOf('2001:db8:0:1::1'))
  assert.equal(prefixOf('::1'), '0:0:0:0')
  assert.equal(prefixOf('fe80::1%eth0'), 'fe80:0:0:0')
  for (const text of ['', 'unknown', '1.2.3', 'x'.repeat(10_000)]) assert.equal(prefixOf(text), 'unknown')
})

test('X-Forwarded-For is nothing unless the peer is a trusted proxy', () => {
  assert.equal(senderOf('203.0.113.7', '198.51.100.1', none), '203.0.113.7')
  assert.equal(senderOf('203.0.113.7', '198.51.100.1', proxies), '203.0.113.7')
  assert.equal(senderOf('10.0.0.1', '198.51.100.1', proxies), '198.51.100.1')
  assert.equal(senderOf('::ffff:10.0.0.1', '198.51.100.1', proxies), '198.51.100.1')
})

test('what a sender writes left of its own address is not believed', () => {
  assert.equal(senderOf('10.0.0.1', '127.0.0.1, 192.0.2.9, 198.51.100.1, 10.0.0.2', proxies), '198.51.100.1')
  assert.equal(senderOf('10.0.0.1', '10.0.0.9, nonsense', proxies), 'nonsense')
  assert.equal(senderOf('10.0.0.1', undefined, proxies), '10.0.0.1')
  assert.equal(senderOf('10.0.0.1', '10.0.0.3', proxies), '10.0.0.3')
})

test('networks are read whole or not at all', () => {
  assert.ok(networksOf('192.0.2.1, 2001:db8::/32'))
  for (const wrong of ['10.0.0.0/33', '10.0.0.0/', 'example.com', '10.0.0.0/8,nonsense', '1.2.3.4/-1', '::1/129', '10.0.0.0/8/8'])
    assert.equal(networksOf(wrong), undefined, wrong)
  assert.equal(proxies.has('2001:db8:1:2::3'), true)
  assert.equal(proxies.has('127.0.0.1'), true)
  assert.equal(proxies.has('::ffff:10.1.1.1'), true)
  assert.equal(proxies.has('not an address'), false)
  assert.equal(none.has('127.0.0.1'), false)
})
