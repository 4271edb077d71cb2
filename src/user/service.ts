import { readAudit } from '../platform/audit.ts'
import { batched } from '../platform/batch.ts'
import type { Api } from '../platform/contract.ts'
import { type Database, isConnectionLost } from '../platform/database.ts'
import { UnknownOutcome } from '../platform/outcome.ts'
import type { SessionClaims } from '../platform/principal.ts'
import type { Service, Surroundings } from '../platform/service.ts'
import type { Tokens } from '../platform/token.ts'
import * as accounts from './accounts.ts'
import { userLimits, type userOperations } from './api.ts'
import { createHashing, type Hashing } from './hashing.ts'
import type { Mail } from './mail.ts'
import { note, notes } from './notes.ts'
import { refresh, type SessionChange, signIn, signOut, type UserEnv } from './sessions.ts'
import { changesSince, liveSessions } from './store.ts'
import { claimMails, deferMail, dropExpiredMails, mailSent, sweep } from './store-mails.ts'

type Needs = Surroundings & { db: Database; tokens: Tokens<SessionClaims>; mail: Mail; publicUrl: string; hashing?: Hashing }
export type UserService = Service<typeof userOperations> & {
  /** hears of ended sessions and raised epochs at once, in this process */
  onSessionChange: (listener: (change: SessionChange) => void) => void
  ensureUser: (user: accounts.EnsuredUser) => Promise<string>
}

/** Accounts, sessions, roles. */
export function createUser({ mail, hashing = createHashing(userLimits.hashingConcurrency, userLimits.hashingQueueMax), ...needs }: Needs): UserService {
  const listeners: ((change: SessionChange) => void)[] = []
  const changed = (change: SessionChange) => {
    for (const listener of listeners) listener(change)
  }
  const env: UserEnv = { ...needs, hashing, changed }
  return {
    api: withUnknown({
      audit: (input) => readAudit(env.db, 'user', input),
      signUp: (input) => accounts.signUp(env, input),
      signIn: (input) => signIn(env, input),
      refresh: (input) => refresh(env, input),
      signOut: (input) => signOut(env, input),
      sessionLive: batched((inputs) => sessionsLive(env, inputs)),
      endedSince: ({ since }) => changesSince(env.db, since, env.now()),
      profile: (input) => accounts.profile(env, input),
      lookUp: (input) => accounts.lookUp(env, input),
      findStaff: (input) => accounts.findStaff(env, input),
      profiles: (input) => accounts.profiles(env, input),
      note: (input) => note(env, input),
      notes: (input) => notes(env, input),
      setRole: (input) => accounts.setRole(env, input),
      verifyEmail: (input) => accounts.verifyEmail(env, input),
      resendVerification: (input) => accounts.resendVerification(env, input),
      requestReset: (input) => accounts.requestReset(env, input),
      resetPassword: (input) => accounts.resetPassword(env, input),
      changePassword: (input) => accounts.changePassword(env, input),
      export: (input) => accounts.exportData(env, input),
      erase: (input) => accounts.erase(env, input),
      rehearse: (input) => accounts.rehearse(env, input),
    }),
    jobs: [
      { name: 'user.mail', everyMs: 500, run: () => sendMails(env, mail) },
      { name: 'user.sweep', everyMs: 60_000, run: () => sweep(env.db, env.now()) },
    ],
    onSessionChange: (listener) => void listeners.push(listener),
    ensureUser: (user) => accounts.ensureUser(env, user),
  }
}

async function sessionsLive({ db, now }: UserEnv, inputs: { sessionId: string; userId: string; epoch: number }[]) {
  const rows = await liveSessions(db, inputs.map((input) => input.sessionId), now())
  const byId = new Map(rows.map((row) => [row.id, row]))
  return inputs.map(({ sessionId, userId, epoch }) => {
    const row = byId.get(sessionId)
    const live = row !== undefined && row.userId === userId && row.epoch <= epoch
    return { live, role: row?.role ?? ('buyer' as const), verified: row?.verified ?? false }
  })
}

/** A mail that fails is tried again, ever more slowly, until its link would have expired; it stops no other mail. */
async function sendMails(env: UserEnv, mail: Mail) {
  const { db, now } = env
  await accounts.answerResetRequests(env)
  const failures: unknown[] = []
  for (const { id, attempts, ...message } of (await claimMails(db, now())).sort((a, b) => a.id - b.id)) {
    try {
      await mail.send(message)
    } catch (error) {
      failures.push(error)
      await deferMail(db, id, now() + Math.min(userLimits.mailRetryMaxMs, userLimits.mailRetryMs * 2 ** Math.min(attempts, 10)))
      continue
    }
    await mailSent(db, id, now())
  }
  const dropped = await dropExpiredMails(db, now())
  if (dropped > 0) failures.push(new Error(`${dropped} mails were given up: their links expired unsent`))
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} mails could not be sent`)
}

/** An answer that was lost is unknown, not an error of ours: the caller looks or repeats. */
function withUnknown<A extends Api<typeof userOperations>>(api: A): A {
  const calls = Object.entries(api).map(([name, call]) => [name, async (input: never) => {
    try {
      return await call(input)
    } catch (error) {
      throw isConnectionLost(error) ? new UnknownOutcome('the database did not answer', { cause: error }) : error
    }
  }])
  return Object.fromEntries(calls) as A
}
