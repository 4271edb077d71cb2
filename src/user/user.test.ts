import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, beforeEach, test } from 'node:test'
import sql from 'sql-template-tag'
import type { Database } from '../platform/database.ts'
import { Refusal } from '../platform/outcome.ts'
import type { SessionClaims } from '../platform/principal.ts'
import { openTestDatabase } from '../platform/testing.ts'
import { createTokens } from '../platform/token.ts'
import { userLimits } from './api.ts'
import { userChecks } from './checks.ts'
import { createHashing } from './hashing.ts'
import type { Message } from './mail.ts'
import { createUser, type UserService } from './service.ts'

let db: Database
let user: UserService
let time = Date.parse('2027-03-01T10:00:00Z')
const mails: Message[] = []
const changes: unknown[] = []
const tokens = createTokens<SessionClaims>('session', [{ id: 't', secret: 'x'.repeat(32) }])
const hashing = createHashing(1, 5)
const password = 'correct horse'

before(async () => {
  db = await openTestDatabase(['user'])
  user = createUser({ db, tokens, hashing, mail: { send: async (message) => void mails.push(message) }, publicUrl: 'http://x', now: () => time, newId: randomUUID, random: Math.random })
  user.onSessionChange((change) => changes.push(change))
})
after(() => db.close())
beforeEach(() => {
  mails.length = 0
  changes.length = 0
})

const refused = (code: string) => (error: unknown) => error instanceof Refusal && error.code === code
const newcomer = async () => {
  const email = `${randomUUID()}@test.example`
  return user.api.signUp({ email, name: 'Fan', password })
}
const sendMails = () => user.jobs?.[0]?.run()
async function linkOf(email: string): Promise<string> {
  await sendMails()
  return /token=([\w-]+)/.exec(mails.findLast((mail) => mail.to === email)?.text ?? '')?.[1] ?? ''
}

test('signing up, an address counts once in whatever spelling', async () => {
  const { email } = await newcomer()
  await assert.rejects(user.api.signUp({ email: `  ${email.toUpperCase()} `.trim(), name: 'Other', password }), refused('email_taken'))
})

test('a sign-up whose answer was lost is repeated under its id: one account; another request under it is a conflict', async () => {
  const request = { userId: randomUUID(), email: `lost-${randomUUID()}@example.com`, name: 'Lost Reply', password }
  const [made, again] = [await user.api.signUp(request), await user.api.signUp(request)]
  assert.deepEqual(again, made)
  await assert.rejects(user.api.signUp({ ...request, password: `${password}!` }), refused('idempotency_conflict'))
  await assert.rejects(user.api.signUp({ ...request, name: 'Somebody Else' }), refused('idempotency_conflict'))
  await assert.rejects(user.api.signUp({ ...request, userId: randomUUID() }), refused('email_taken'))
})

test('a verification link works once and for fifteen minutes', async () => {
  const one = await newcomer()
  const token = await linkOf(one.email)
  await user.api.verifyEmail({ token })
  assert.equal((await user.api.profile({ userId: one.id })).verified, true)
  await assert.rejects(user.api.verifyEmail({ token }), refused('link_invalid'))
  const two = await newcomer()
  const late = await linkOf(two.email)
  time += userLimits.linkMs + 1
  await assert.rejects(user.api.verifyEmail({ token: late }), refused('link_invalid'))
  await user.api.resendVerification({ userId: two.id })
  await user.api.verifyEmail({ token: await linkOf(two.email) })
})

test('a sent mail is blanked in the table, for it carries a link', async () => {
  const { email } = await newcomer()
  await linkOf(email)
  assert.deepEqual(await db.rows(sql`select body from "user".mails where recipient = ${email}`), [{ body: '' }])
})

test('a wrong password and an unknown address answer alike; failures slow the account and end', async () => {
  const { email } = await newcomer()
  await assert.rejects(user.api.signIn({ email: 'nobody@test.example', password }), refused('login_failed'))
  for (let i = 0; i < userLimits.failuresFree; i++) await assert.rejects(user.api.signIn({ email, password: 'wrong' }), refused('login_failed'))
  await assert.rejects(user.api.signIn({ email, password }), refused('login_throttled'))
  time += 61_000
  assert.ok((await user.api.signIn({ email, password })).accessToken)
})

test('refresh rotates; a lost answer may be repeated at once, a later reuse ends the session', async () => {
  const { email } = await newcomer()
  const first = await user.api.signIn({ email, password })
  const second = await user.api.refresh({ refreshToken: first.refreshToken })
  assert.notEqual(second.refreshToken, first.refreshToken)
  const repeated = await user.api.refresh({ refreshToken: first.refreshToken })
  await assert.rejects(user.api.refresh({ refreshToken: second.refreshToken }), refused('sign_in_required'), 'its successor is the repeated one')
  time += userLimits.refreshRepeatMs + 1
  await assert.rejects(user.api.refresh({ refreshToken: first.refreshToken }), refused('sign_in_required'), 'reuse')
  await assert.rejects(user.api.refresh({ refreshToken: repeated.refreshToken }), refused('sign_in_required'), 'the thief and the owner are both out')
  assert.equal(changes.length, 1, 'the ended session is told at once')
})

test('logout ends the session at once and for others within the poll', async () => {
  const { email } = await newcomer()
  const session = await user.api.signIn({ email, password })
  const verified = tokens.verify(session.accessToken, time)
  assert.ok('claims' in verified)
  const { userId, sessionId, epoch } = verified.claims
  assert.equal((await user.api.sessionLive({ userId, sessionId, epoch })).live, true)
  assert.equal((await user.api.sessionLive({ userId: randomUUID(), sessionId, epoch })).live, false, 'bound to its user')
  await user.api.signOut({ userId, sessionId })
  assert.equal((await user.api.sessionLive({ userId, sessionId, epoch })).live, false)
  assert.deepEqual(changes, [{ sessionIds: [sessionId], users: [] }])
  assert.ok((await user.api.endedSince({ since: time })).sessionIds.includes(sessionId))
  await assert.rejects(user.api.refresh({ refreshToken: session.refreshToken }), refused('sign_in_required'))
})

test('a role change raises the epoch, which ends older tokens, and is audited in the same transaction', async () => {
  const { email, id } = await newcomer()
  const session = await user.api.signIn({ email, password })
  const by = randomUUID()
  assert.equal((await user.api.setRole({ userId: id, role: 'organiser', by })).role, 'organiser')
  const verified = tokens.verify(session.accessToken, time)
  assert.ok('claims' in verified)
  assert.equal((await user.api.sessionLive(verified.claims)).live, false)
  assert.deepEqual(await db.rows(sql`select actor, action from "user".audit where target = ${id}`), [{ actor: by, action: 'user.role' }])
  await assert.rejects(user.api.setRole({ userId: randomUUID(), role: 'staff', by }), refused('user_unknown'))
})

test('a reset answers alike for unknown addresses, works once, and ends every session', async () => {
  const { email } = await newcomer()
  const session = await user.api.signIn({ email, password })
  assert.deepEqual(await user.api.requestReset({ email: 'nobody@test.example' }), await user.api.requestReset({ email }))
  const token = await linkOf(email)
  await user.api.resetPassword({ token, password: 'another password' })
  await assert.rejects(user.api.resetPassword({ token, password: 'a third password' }), refused('link_invalid'))
  await assert.rejects(user.api.refresh({ refreshToken: session.refreshToken }), refused('sign_in_required'))
  await assert.rejects(user.api.signIn({ email, password }), refused('login_failed'))
  assert.ok((await user.api.signIn({ email, password: 'another password' })).accessToken)
})

test('a verification link is no reset link', async () => {
  const { email } = await newcomer()
  await assert.rejects(user.api.resetPassword({ token: await linkOf(email), password: 'another password' }), refused('link_invalid'))
})

test('changing the password ends the other sessions and keeps this one', async () => {
  const { email, id } = await newcomer()
  const here = await user.api.signIn({ email, password })
  const there = await user.api.signIn({ email, password })
  const verified = tokens.verify(here.accessToken, time)
  assert.ok('claims' in verified)
  await assert.rejects(user.api.changePassword({ userId: id, sessionId: verified.claims.sessionId, password: 'wrong', newPassword: 'new password' }), refused('login_failed'))
  await user.api.changePassword({ userId: id, sessionId: verified.claims.sessionId, password, newPassword: 'new password' })
  await assert.rejects(user.api.refresh({ refreshToken: there.refreshToken }), refused('sign_in_required'))
  assert.ok(await user.api.refresh({ refreshToken: here.refreshToken }))
})

test('a storm of logins runs one hash at a time and beyond its queue answers overloaded', async () => {
  const { email } = await newcomer()
  const results = await Promise.allSettled(Array.from({ length: 40 }, () => user.api.signIn({ email, password })))
  const overloaded = results.filter((result) => result.status === 'rejected' && refused('overloaded')(result.reason))
  assert.equal(hashing.peak(), 1)
  assert.ok(overloaded.length >= 30, `one runs and five wait, ${overloaded.length} were refused`)
  assert.equal(results.filter((result) => result.status === 'fulfilled').length, 40 - overloaded.length)
})

test('export shows one\'s data; erasing removes who it was, ends sessions and says so', async () => {
  const { email, id } = await newcomer()
  const session = await user.api.signIn({ email, password })
  assert.equal((await user.api.export({ userId: id })).profile.email, email)
  await assert.rejects(user.api.erase({ userId: id, password: 'wrong' }), refused('login_failed'))
  await user.api.erase({ userId: id, password })
  await assert.rejects(user.api.profile({ userId: id }), refused('user_unknown'))
  await assert.rejects(user.api.signIn({ email, password }), refused('login_failed'))
  await assert.rejects(user.api.refresh({ refreshToken: session.refreshToken }), refused('sign_in_required'))
  const names = await db.rows<{ name: string }>(sql`select name from "user".outbox where key = ${id} order by version`)
  assert.deepEqual(names.map((row) => row.name), ['user.registered', 'user.erased'])
})

test('rehearsal fans have tokens, are verified and cannot sign in', async () => {
  const { fans } = await user.api.rehearse({ count: 3, by: randomUUID() })
  assert.equal(new Set(fans.map((fan) => fan.userId)).size, 3)
  const profile = await user.api.profile({ userId: fans[0]?.userId ?? '' })
  assert.equal(profile.verified, true)
  await assert.rejects(user.api.signIn({ email: profile.email, password }), refused('login_failed'))
})

test('each check finds its planted violation and nothing else', async () => {
  const found = async () => (await Promise.all(userChecks.map((check) => db.rows(check.query(time))))).map((rows) => rows.length)
  await sendMails()
  assert.deepEqual(await found(), [0, 0, 0])
  const { id, email } = await newcomer()
  await db.rows(sql`alter table "user".users drop constraint users_email_check`)
  await db.rows(sql`update "user".users set email = upper(email) where id = ${id}`)
  assert.deepEqual(await found(), [1, 0, 0])
  await db.rows(sql`update "user".users set email = lower(email), erased_at = now() where id = ${id}`)
  time += 6 * 60_000
  assert.deepEqual(await found(), [0, 1, 1], email)
})
