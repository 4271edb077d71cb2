import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { catalogue } from '../src/gateway/catalogue.ts'
import { concertOperations } from '../src/concert/api.ts'
import { paymentOperations } from '../src/payment/api.ts'
import { queueOperations } from '../src/queue/api.ts'
import { reservationOperations } from '../src/reservation/api.ts'
import { seatOperations } from '../src/seat/api.ts'
import { userOperations } from '../src/user/api.ts'
import { walletOperations } from '../src/wallet/api.ts'

const services = [userOperations, concertOperations, walletOperations, seatOperations, queueOperations, reservationOperations, paymentOperations]

test('every code has a status, a Korean and an English sentence and a next step in both', () => {
  for (const [code, entry] of Object.entries(catalogue)) {
    assert.match(code, /^[a-z]+(_[a-z]+)*$/)
    assert.ok(entry.status >= 400 && entry.status < 600, code)
    assert.match(entry.ko, /[가-힣]/, `${code} in Korean`)
    assert.match(entry.next.ko, /[가-힣]/, `next of ${code} in Korean`)
    assert.match(entry.en, /^[A-Z].*\.$/, `${code} in English`)
    assert.match(entry.next.en, /^[A-Z].*\.$/, `next of ${code} in English`)
    assert.doesNotMatch(`${entry.en}${entry.ko}`, /!|oops|sorry|고객님/i, `${code} keeps the voice`)
  }
})

test('every refusal that an operation declares is in the catalogue', () => {
  const declared = services.flatMap((operations) => Object.values(operations).flatMap((operation) => [...operation.refusals]))
  assert.deepEqual([...new Set(declared)].filter((code) => !catalogue[code]), [])
})

test('every code that the sources refuse with is in the catalogue', () => {
  const used = new Set<string>()
  for (const file of globSync('src/**/*.ts').filter((name) => !/\.(test|contract)\.ts$/.test(name)))
    for (const [, code] of readFileSync(file, 'utf8').matchAll(/(?:refuse|new Refusal)\('([a-z_]+)'/g)) used.add(code as string)
  assert.ok(used.size > 30, `${used.size} codes found`)
  assert.deepEqual([...used].filter((code) => !catalogue[code]), [])
})
