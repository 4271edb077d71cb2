import { batched } from '../platform/batch.ts'
import type { Database } from '../platform/database.ts'
import type { SessionClaims } from '../platform/principal.ts'
import type { Service, Surroundings } from '../platform/service.ts'
import type { Tokens } from '../platform/token.ts'
import * as accounts from './accounts.ts'
import { userLimits, type userOperations } from './api.ts'
import { createHashing, type Hashing } from './hashing.ts'
import type { Mail } from './mail.ts'
import { refresh, type SessionChange, signIn, signOut, type UserEnv } from './sessions.ts'
import { changesSince, liveSessions, mailSent, unsentMails } from './store.ts'

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
    api: {
      signUp: (input) => accounts.signUp(env, input),
      signIn: (input) => signIn(env, input),
      refresh: (input) => refresh(env, input),
      signOut: (input) => signOut(env, input),
      sessionLive: batched((inputs) => sessionsLive(env, inputs)),
      endedSince: ({ since }) => changesSince(env.db, since),
      profile: (input) => accounts.profile(env, input),
      setRole: (input) => accounts.setRole(env, input),
      verifyEmail: (input) => accounts.verifyEmail(env, input),
      resendVerification: (input) => accounts.resendVerification(env, input),
      requestReset: (input) => accounts.requestReset(env, input),
      resetPassword: (input) => accounts.resetPassword(env, input),
      changePassword: (input) => accounts.changePassword(env, input),
      export: (input) => accounts.exportData(env, input),
      erase: (input) => accounts.erase(env, input),
      rehearse: (input) => accounts.rehearse(env, input),
    },
    jobs: [{ name: 'user.mail', everyMs: 500, run: () => sendMails(env, mail) }],
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

/** A mail that fails stays in the table and is tried again, ten times in all. */
async function sendMails({ db, now }: UserEnv, mail: Mail) {
  for (const { id, ...message } of (await unsentMails(db)).sort((a, b) => a.id - b.id)) {
    await mail.send(message)
    await mailSent(db, id, now())
  }
}
