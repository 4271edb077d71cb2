import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { createSessionGuard } from '../gateway/sessions.ts'
import { local } from '../platform/contract.ts'
import type { Database } from '../platform/database.ts'
import { Refusal } from '../platform/outcome.ts'
import type { SessionClaims } from '../platform/principal.ts'
import { openTestDatabase } from '../platform/testing.ts'
import { createTokens } from '../platform/token.ts'
import { userLimits, userOperations } from './api.ts'
import { userChecks } from './checks.ts'
import { createHashing, type Hashing } from './hashing.ts'
import type { Message } from './mail.ts'
import { createUser, type UserService } from './service.ts'

const minute = 60_000
const password = 'correct horse'
const tokens = createTokens<SessionClaims>('session', [{ id: 't', secret: 'x'.repeat(32) }])
let db: Database
let time = Date.parse('2027-03-01T10:00:00Z')
let user: UserService
let mails: Message[] = []
/** runs between the check of a password and what follows it, once */
let meanwhile: (() => Promise<unknown>) | undefined

before(async () => {
  db = await openTestDatabase(['user'])
  user = open()
})
after(() => db.close())

function open(send = async (message: Message) => void mails.push(message)): UserService {
  const real = createHashing(1, 300)
  const hashing: Hashing = {
    ...real,
    matches: async (stored, given, around) => {
      const same = await real.matches(stored, given, around)
      const act = meanwhile
      meanwhile = undefined
      await act?.()
      return same
    },
  }
  const service = createUser({ db, tokens, hashing, mail: { send }, publicUrl: 'http://x', now: () => time, newId: randomUUID, random: Math.random })
  return { ...service, api: local('user', userOperations, service.api) }
}

const newcomer = async () => {
  const email = `${randomUUID()}@test.example`
  return { ...(await user.api.signUp({ email, name: 'Fan', password })) }
}
const codeOf = (call: Promise<unknown>) => call.then(() => 'done', (error: unknown) => (error instanceof Refusal ? error.code : String(error)))
const sendMails = async (service = user) => {
  for (const job of service.jobs ?? []) if (job.name.includes('mail')) await job.run()
}
const unsent = async (email: string) => (await db.rows(sql`select 1 from "user".mails where recipient = ${email} and sent_at is null`)).length
const tokenFor = (email: string) => /token=([\w-]+)/.exec(mails.findLast((mail) => mail.to === email)?.text ?? '')?.[1] ?? ''

test('a thief who rotates twice is thrown out when the owner shows the stolen token', async () => {
  const { email } = await newcomer()
  const stolen = (await user.api.signIn({ email, password })).refreshToken
  time += minute
  const first = await user.api.refresh({ refreshToken: stolen })
  time += minute
  const thief = await user.api.refresh({ refreshToken: first.refreshToken })
  time += minute
  assert.equal(await codeOf(user.api.refresh({ refreshToken: stolen })), 'sign_in_required')
  assert.equal(await codeOf(user.api.refresh({ refreshToken: thief.refreshToken })), 'sign_in_required', 'the thief goes on')
})

test('a lost reply is tolerated for five seconds in all, not for five more with each repeat', async () => {
  const { email } = await newcomer()
  const { refreshToken } = await user.api.signIn({ email, password })
  await user.api.refresh({ refreshToken })
  time += 4_000
  assert.equal(await codeOf(user.api.refresh({ refreshToken })), 'done')
  time += 4_000
  assert.equal(await codeOf(user.api.refresh({ refreshToken })), 'sign_in_required')
})

test('an old token whose successor was used is reuse, even within five seconds', async () => {
  const { email } = await newcomer()
  const { refreshToken } = await user.api.signIn({ email, password })
  const second = await user.api.refresh({ refreshToken })
  const third = await user.api.refresh({ refreshToken: second.refreshToken })
  assert.equal(await codeOf(user.api.refresh({ refreshToken })), 'sign_in_required')
  assert.equal(await codeOf(user.api.refresh({ refreshToken: third.refreshToken })), 'sign_in_required')
})

test('an account erased while a login of it is checked gets no session', async () => {
  const { id, email } = await newcomer()
  meanwhile = () => user.api.erase({ userId: id, password })
  assert.equal(await codeOf(user.api.signIn({ email, password })), 'login_failed')
  for (const check of userChecks) assert.deepEqual((await db.rows(check.query(time - minute))), [], check.name)
})

test('a password reset while a login with the old one is checked leaves that login outside', async () => {
  const { email } = await newcomer()
  await user.api.requestReset({ email })
  await sendMails()
  meanwhile = () => user.api.resetPassword({ token: tokenFor(email), password: 'another password' })
  assert.equal(await codeOf(user.api.signIn({ email, password })), 'login_failed')
})

test('an unknown address is throttled like a known one', async () => {
  const { email } = await newcomer()
  const answers = async (address: string) => {
    const codes: string[] = []
    for (let i = 0; i < 8; i++) codes.push(await codeOf(user.api.signIn({ email: address, password: 'wrong' })))
    return codes
  }
  const expected = [...Array(userLimits.failuresFree).fill('login_failed'), ...Array(8 - userLimits.failuresFree).fill('login_throttled')]
  assert.deepEqual(await answers(email), expected)
  assert.deepEqual(await answers(`${randomUUID()}@test.example`), expected)
})

test('guesses sent all at once are not evaluated beyond what is free', async () => {
  const { email } = await newcomer()
  const codes = await Promise.all(Array.from({ length: 60 }, (_, i) => codeOf(user.api.signIn({ email, password: `guess ${i}` }))))
  const evaluated = codes.filter((code) => code === 'login_failed').length
  assert.equal(evaluated, userLimits.failuresFree)
  assert.equal(codes.filter((code) => code === 'login_throttled').length, 60 - evaluated)
})

test('a guesser gets at most twenty guesses of one account in an hour', async () => {
  const { email } = await newcomer()
  let evaluated = 0
  for (const end = time + 60 * minute; time < end; ) {
    const answer = await user.api.signIn({ email, password: 'guess' }).catch((error: unknown) => error)
    assert.ok(answer instanceof Refusal)
    if (answer.code === 'login_failed') evaluated++
    else {
      assert.equal(answer.code, 'login_throttled')
      time += Number(answer.params.retryAfterSeconds) * 1_000
    }
  }
  assert.ok(evaluated > 10 && evaluated <= 20, `${evaluated} guesses were evaluated`)
  time += 16 * minute
  assert.equal(await codeOf(user.api.signIn({ email, password })), 'done', 'a right password is never blocked for ever')
})

/** What is answered to a guess; when it is not evaluated, time goes on until it would be. */
async function guess(email: string, from: string): Promise<'evaluated' | 'waited'> {
  const answer = await user.api.signIn({ email, password: 'guess', from }).catch((error: unknown) => error)
  assert.ok(answer instanceof Refusal)
  if (answer.code === 'login_failed') return 'evaluated'
  assert.equal(answer.code, 'login_throttled')
  time += Number(answer.params.retryAfterSeconds) * 1_000
  return 'waited'
}

test('a guesser who never stops keeps the owner out at his own address only', async () => {
  const { email } = await newcomer()
  for (const end = time + 12 * 60 * minute; time < end; ) await guess(email, '203.0.113.1')
  for (let i = 0; i < 3; i++) await guess(email, '203.0.113.1')
  assert.equal(await codeOf(user.api.signIn({ email, password, from: '203.0.113.1' })), 'login_throttled')
  assert.equal(await codeOf(user.api.signIn({ email, password, from: '198.51.100.7' })), 'done')
  assert.equal(await codeOf(user.api.signIn({ email, password, from: '203.0.113.1' })), 'login_throttled', 'what the owner knows says nothing for the guesser')
})

test('a guesser with a thousand addresses is slowed to some hundred guesses an hour, for known and unknown accounts alike', async () => {
  const { email } = await newcomer()
  for (const account of [email, `${randomUUID()}@test.example`]) {
    const end = time + 60 * minute
    let evaluated = 0
    for (let i = 0; time < end; i++) if ((await guess(account, `host ${i % 1_000}`)) === 'evaluated') evaluated++
    assert.ok(evaluated > 150 && evaluated <= 300, `${evaluated} guesses were evaluated`)
  }
  assert.equal(await codeOf(user.api.signIn({ email, password, from: '198.51.100.7' })), 'done', 'an owner waits half a minute at most')
})

test('signing in does not forgive what others got wrong; a password reset does', async () => {
  const { email } = await newcomer()
  for (let i = 0; i < userLimits.failuresFreeOverall; i++) {
    assert.equal(await guess(email, `10.0.0.${i}`), 'evaluated')
    if (i % 10 === 0) assert.equal(await codeOf(user.api.signIn({ email, password, from: '198.51.100.7' })), 'done')
  }
  assert.equal(await codeOf(user.api.signIn({ email, password, from: '198.51.100.7' })), 'login_throttled')
  await user.api.requestReset({ email })
  await sendMails()
  await user.api.resetPassword({ token: tokenFor(email), password: 'another password' })
  assert.equal(await codeOf(user.api.signIn({ email, password: 'another password', from: '10.0.0.1' })), 'done')
})

test('asking for a reset of somebody again and again does not fill their mailbox', async () => {
  const { email } = await newcomer()
  await sendMails()
  mails = []
  for (let i = 0; i < 20; i++) {
    await user.api.requestReset({ email })
    await sendMails()
  }
  assert.ok(mails.length <= 3, `${mails.length} mails`)
})

test('a mail server that is away for a minute loses no mail', async () => {
  const { email } = await newcomer()
  let away = true
  const service = open(async (message) => {
    if (away) throw new Error('no route to the mail server')
    mails.push(message)
  })
  for (const end = time + minute; time < end; time += 500) await sendMails(service).catch(() => undefined)
  away = false
  for (const end = time + 5 * minute; time < end; time += 5_000) await sendMails(service).catch(() => undefined)
  assert.equal(mails.filter((mail) => mail.to === email).length, 1)
})

test('one address the mail server refuses does not stop the mails of others', async () => {
  const bad = await newcomer()
  const good = await newcomer()
  const sent: string[] = []
  const service = open(async ({ to }) => {
    if (to === bad.email) throw new Error('mailbox unavailable')
    sent.push(to)
  })
  await sendMails(service).catch(() => undefined)
  assert.ok(sent.includes(good.email))
})

test('two processes do not send the same mail twice', async () => {
  const { email } = await newcomer()
  const sent: string[] = []
  const { promise: slow, resolve: release } = Promise.withResolvers<void>()
  const one = open(async ({ to }) => {
    sent.push(to)
    await slow
  })
  const two = open(async ({ to }) => void sent.push(to))
  const running = sendMails(one)
  while (sent.length === 0) await new Promise((resolve) => setImmediate(resolve))
  await sendMails(two)
  release()
  await running
  assert.equal(sent.filter((to) => to === email).length, 1)
})

test('a logged-out rehearsal token stays dead for all of its hour', async () => {
  const { fans } = await user.api.rehearse({ count: 1, by: randomUUID() })
  const accessToken = fans[0]?.accessToken ?? ''
  const guard = createSessionGuard({ user: user.api, tokens, now: () => time })
  await guard.poll()
  const { userId, sessionId } = await guard.admit(accessToken, { allow: 'signed-in' })
  await user.api.signOut({ userId, sessionId })
  for (let i = 0; i < 55; i++) {
    time += minute
    await guard.poll()
    assert.equal(await codeOf((async () => guard.admit(accessToken, { allow: 'signed-in' }))()), 'sign_in_required', `${i + 1} min after the logout`)
  }
})

test('a poll that was asked before a role changed and answers after it brings no old token back', async () => {
  const claims = { userId: randomUUID(), sessionId: randomUUID(), role: 'staff' as const, epoch: 2, exp: time + minute }
  const asked = Promise.withResolvers<Awaited<ReturnType<typeof user.api.endedSince>>>()
  const guard = createSessionGuard({ user: { ...user.api, endedSince: () => asked.promise }, tokens, now: () => time })
  const poll = guard.poll()
  guard.ended({ sessionIds: [], users: [{ userId: claims.userId, epoch: 3 }] })
  asked.resolve({ sessionIds: [], users: [{ userId: claims.userId, epoch: 2 }] })
  await poll
  assert.equal(await codeOf((async () => guard.admit(tokens.sign(claims), { allow: 'signed-in' }))()), 'sign_in_required')
})

test('NUL and lone surrogates in a name are refused, not an error of the database', async () => {
  for (const name of ['a\0b', 'a\ud800', '   '])
    assert.equal(await codeOf(user.api.signUp({ email: `${randomUUID()}@test.example`, name, password })), 'request_invalid', JSON.stringify(name))
})

test('a lost database answer is unknown, never an internal error', async () => {
  const lost = Object.assign(new Error('Connection terminated unexpectedly'), { code: 'ECONNRESET' })
  const broken: Database = { ...db, rows: async () => Promise.reject(lost), transaction: async () => Promise.reject(lost) }
  const service = createUser({ db: broken, tokens, mail: { send: async () => undefined }, publicUrl: 'http://x', now: () => time, newId: randomUUID, random: Math.random })
  await assert.rejects(service.api.setRole({ userId: randomUUID(), role: 'staff', by: randomUUID() }), { message: /did not answer/ })
})

test('what is asked of an unknown address writes as much as of a known one', async () => {
  const { email } = await newcomer()
  await sendMails()
  const other = `${randomUUID()}@test.example`
  for (const address of [email, other]) await user.api.requestReset({ email: address })
  assert.equal(await unsent(other), await unsent(email))
})
