import assert from 'node:assert/strict'
import { mkdtempSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { readConfig } from './config.ts'
import { keysOf } from './keys.ts'
import { createTokens } from './platform/token.ts'

const directory = () => mkdtempSync(join(tmpdir(), 'openrun-keys-'))
const [old, fresh, other] = ['o', 'f', 'x'].map((letter) => letter.repeat(40)) as [string, string, string]
const claims = { who: 'fan', exp: 1_000 }
async function passesOf(environment: Record<string, string>) {
  const { pass } = await keysOf(readConfig({ DATA_DIR: directory(), SESSION_SECRET: other, ...environment }))
  return createTokens<typeof claims>('pass', pass)
}

test('a pass signed before its secret was replaced admits while the old one is the previous one, and no longer', async () => {
  const pass = (await passesOf({ PASS_SECRET: old })).sign(claims)
  const rotated = await passesOf({ PASS_SECRET: fresh, PASS_SECRET_PREVIOUS: old })
  assert.deepEqual(rotated.verify(pass, 0), { claims })
  const dropped = await passesOf({ PASS_SECRET: fresh })
  assert.deepEqual(dropped.verify(pass, 0), { problem: 'invalid' })
  assert.deepEqual(dropped.verify(rotated.sign(claims), 0), { claims }, 'the new one signs')
})

test('a secret has the same key id in every process', async () => {
  const [one, two] = [await passesOf({ PASS_SECRET: fresh }), await passesOf({ PASS_SECRET: fresh })]
  assert.equal(one.sign(claims), two.sign(claims))
  assert.notEqual(one.sign(claims).split('.')[1], (await passesOf({ PASS_SECRET: old })).sign(claims).split('.')[1])
})

test('secrets that are not given are made once, for the owner only', async () => {
  const DATA_DIR = directory()
  const [first, again] = [await keysOf(readConfig({ DATA_DIR })), await keysOf(readConfig({ DATA_DIR }))]
  assert.deepEqual(again, first)
  assert.notEqual(first.session[0]?.secret, first.pass[0]?.secret)
  assert.equal(statSync(join(DATA_DIR, 'secrets.json')).mode & 0o077, 0)
})

test('whoever signs passes for us, another line before our seats, cannot sign callbacks of the provider with that secret', async () => {
  const providerOf = async (environment: Record<string, string>) => (await keysOf(readConfig({ DATA_DIR: directory(), ...environment }))).provider
  const mine = await providerOf({ PASS_SECRET: old, SESSION_SECRET: other })
  assert.notDeepEqual(await providerOf({ PASS_SECRET: old, SESSION_SECRET: fresh }), mine, 'it is not made of the pass secret')
  assert.deepEqual(await providerOf({ PASS_SECRET: fresh, SESSION_SECRET: other }), mine)
  assert.deepEqual((await providerOf({ PASS_SECRET: old, SESSION_SECRET: fresh, SESSION_SECRET_PREVIOUS: other })).slice(1), mine, 'while that secret is replaced, processes take what the others sign')
  assert.deepEqual(await providerOf({ PASS_SECRET: old, SESSION_SECRET: other, PROVIDER_SECRET: fresh }), [fresh])
})
