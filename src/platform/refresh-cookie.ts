import type { FastifyReply, FastifyRequest } from 'fastify'

const form = /^[\w-]{20,100}$/
/** Over TLS the name itself forbids a cookie that another host or a plain connection has set. */
const nameOf = (secure: boolean) => (secure ? '__Host-refresh' : 'refresh')

/** The refresh token travels in this cookie only; undefined when there is none of its form. */
export function refreshTokenOf({ cookies }: FastifyRequest, secure: boolean): string | undefined {
  const token = cookies[nameOf(secure)]
  return token !== undefined && form.test(token) ? token : undefined
}

export function setRefreshCookie(reply: FastifyReply, { refreshToken, refreshUntil }: { refreshToken: string; refreshUntil: number }, secure: boolean) {
  return reply.setCookie(nameOf(secure), refreshToken, { path: '/', httpOnly: true, sameSite: 'strict', secure, expires: new Date(refreshUntil) })
}

export const clearRefreshCookie = (reply: FastifyReply, secure: boolean) => reply.clearCookie(nameOf(secure), { path: '/', secure })
