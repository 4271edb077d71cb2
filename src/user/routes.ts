import type { FastifyReply, FastifyRequest } from 'fastify'
import Type from 'typebox'
import { Exact } from '../platform/contract.ts'
import { type App, IdParams, idOfCreated, IsoInstant, iso, principalOf } from '../platform/http.ts'
import { refuse } from '../platform/outcome.ts'
import { clearRefreshCookie, refreshTokenOf, setRefreshCookie } from '../platform/refresh-cookie.ts'
import { Profile, Role, type UserApi, userOperations } from './api.ts'

type Deps = {
  user: UserApi
  newId: () => string
  publicUrl: string
  exportParts: (userId: string) => Promise<Record<string, unknown>>
  /** won in the caller's wallet */
  balance: (userId: string) => Promise<number>
}
const open = { access: { allow: 'public' } } as const
const signedIn = { access: { allow: 'signed-in' } } as const
const SessionBody = Exact({ accessToken: Type.String(), expiresAt: IsoInstant, user: Profile })
const inputs = userOperations
const { email, name, password } = inputs.signUp.input.properties
const SignIn = Exact({ email: inputs.signIn.input.properties.email, password: inputs.signIn.input.properties.password })
const SignUp = Exact({ email, name, password })
const Erase = Exact({ password: inputs.erase.input.properties.password, payOut: Type.Optional(Type.Boolean()) })
const tags = ['users']

export function userRoutes(app: App, deps: Deps) {
  const { user } = deps
  const secure = deps.publicUrl.startsWith('https:')

  app.post('/api/users', { config: open, schema: { tags, summary: 'Sign up; a verification link is sent', body: SignUp, response: { 201: Profile } } },
    async (request, reply) => {
      const userId = idOfCreated(request, `users ${request.body.email}`, deps.newId)
      return reply.code(201).send(await user.signUp({ ...request.body, userId, from: request.sender }))
    })

  app.post('/api/sessions', { config: open, schema: { tags, summary: 'Sign in', body: SignIn, response: { 201: SessionBody } } },
    async (request, reply) => answerSession(reply.code(201), await user.signIn({ ...request.body, from: request.sender }), secure))

  app.post('/api/sessions/refresh', { config: open, schema: { tags, summary: 'A new access token for the refresh cookie', response: { 200: SessionBody } } }, async (request, reply) => {
    assertSameSite(request, deps.publicUrl)
    const refreshToken = refreshTokenOf(request, secure) ?? refuse('sign_in_required')
    return answerSession(reply.code(200), await user.refresh({ refreshToken }), secure)
  })

  app.delete('/api/sessions/current', { config: signedIn, schema: { tags, summary: 'Sign out', response: { 204: Type.Null() } } }, async (request, reply) => {
    assertSameSite(request, deps.publicUrl)
    const { userId, sessionId } = principalOf(request)
    await user.signOut({ userId, sessionId })
    return clearRefreshCookie(reply, secure).code(204).send(null)
  })

  app.post('/api/users/verification', { config: open, schema: { tags, summary: 'Verify the e-mail by the link', body: inputs.verifyEmail.input, response: { 204: Type.Null() } } },
    async (request, reply) => {
      await user.verifyEmail(request.body)
      return reply.code(204).send(null)
    })

  app.post('/api/users/verification/resend', { config: signedIn, schema: { tags, summary: 'Send the verification link again', response: { 202: Exact({}) } } },
    async (request, reply) => reply.code(202).send(await user.resendVerification({ userId: principalOf(request).userId })))

  app.post('/api/users/password-resets', { config: open, schema: { tags, summary: 'Send a reset link; always the same answer', body: inputs.requestReset.input, response: { 202: Exact({}) } } },
    async (request, reply) => reply.code(202).send(await user.requestReset(request.body)))

  app.post('/api/users/password', { config: open, schema: { tags, summary: 'Set the password by the link; ends all sessions', body: inputs.resetPassword.input, response: { 204: Type.Null() } } },
    async (request, reply) => {
      await user.resetPassword(request.body)
      return reply.code(204).send(null)
    })

  const { password, newPassword } = inputs.changePassword.input.properties
  app.put('/api/me/password', { config: { access: { allow: 'signed-in', live: true } }, schema: { tags, summary: 'Change the password; ends other sessions', body: Exact({ password, newPassword }), response: { 204: Type.Null() } } },
    async (request, reply) => {
      const { userId, sessionId } = principalOf(request)
      await user.changePassword({ userId, sessionId, ...request.body, from: request.sender })
      return reply.code(204).send(null)
    })

  app.get('/api/me/export', { config: signedIn, schema: { tags, summary: 'Everything kept about me' } }, async (request) => {
    const { userId } = principalOf(request)
    const [account, parts] = await Promise.all([user.export({ userId }), deps.exportParts(userId)])
    return { ...account, ...parts }
  })

  app.delete('/api/me', { config: { access: { allow: 'signed-in', live: true } }, schema: { tags, summary: 'Erase my account; with payOut, what the wallet holds is sent back to where it came from', body: Erase, response: { 204: Type.Null() } } },
    async (request, reply) => {
      const { userId } = principalOf(request)
      const { password, payOut = false } = request.body
      // what lands after this look is paid out like the rest
      const balance = payOut ? 0 : await deps.balance(userId)
      if (balance > 0) return refuse('balance_left', { balance })
      await user.erase({ userId, password, from: request.sender })
      return reply.code(204).send(null)
    })

  app.put('/api/users/:id/role', { config: { access: { allow: ['operator'], live: true } }, schema: { tags: ['operations'], summary: 'Give a role', params: IdParams, body: Exact({ role: Role }), response: { 200: Profile } } },
    async (request) => user.setRole({ userId: request.params.id, role: request.body.role, by: principalOf(request).userId }))
}

type Session = Awaited<ReturnType<UserApi['signIn']>>

/** The refresh token travels in the cookie only. */
function answerSession(reply: FastifyReply, session: Session, secure: boolean) {
  const { accessToken, expiresAt, refreshToken, refreshUntil, user } = session
  setRefreshCookie(reply, { refreshToken, refreshUntil }, secure)
  return reply.send({ accessToken, expiresAt: iso(expiresAt), user })
}

/** A cookie goes along by itself, so a request that uses it must come from our own pages: at our URL, or at the host that was asked. */
function assertSameSite(request: FastifyRequest, publicUrl: string) {
  const site = request.headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') refuse('cross_site')
  const { origin, host } = request.headers
  if (origin === undefined) return
  if (!URL.canParse(origin) || (new URL(origin).host !== host && new URL(origin).origin !== new URL(publicUrl).origin)) refuse('cross_site')
}
