import { createHash, randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname, join, relative } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '../platform/http.ts'

type File = { path: string; type: string; bytes: Buffer; zipped: Buffer | undefined; etag: string }
/** The built web app: its files and its two pages. Undefined pages are not built yet. */
export type Web = { files: File[]; app: string | undefined; line: string | undefined }

const types: Record<string, string> = { '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml', '.png': 'image/png', '.webmanifest': 'application/manifest+json' }
const zippable = new Set(['.js', '.css', '.svg'])
const zippedBytesMin = 500
const defaultDirectory = new URL('../../web/dist/', import.meta.url).pathname

/** Addresses of the app; any other is an unknown page. The line has an entry of its own. */
const appPaths = ['/', '/demo', '/concerts/:id', '/shows/:id/seats', '/shows/:id/story', '/checkout/:id', '/done/:id', '/operations/shows/:id', '/organiser', '/organiser/concerts/:id', '/organiser/shows/:id', '/organiser/shows/:id/hall', '/organiser/shows/:id/sales', '/organiser/shows/:id/buyers', '/reservations', '/reservations/:id', '/wallet', '/account', '/sign-in', '/sign-up', '/forgot', '/reset', '/verify']
const linePath = '/shows/:id/line'
/** A path of the router that answers a page or a file of the app, and so is not in the API's document. */
export const isWebPath = (path: string) => [...appPaths, linePath, `${linePath}/plain`, '/icon.svg'].includes(path) || path.startsWith('/assets/')

/** Reads what `npm ci` has built, once: some hundred kilobytes that are served from memory, and no request names a file. */
export function readWeb(directory = defaultDirectory): Web {
  if (!existsSync(directory)) return { files: [], app: undefined, line: undefined }
  const names = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const files = names.filter((name) => types[extname(name)] !== undefined).map((name) => fileOf(directory, name))
  const page = (name: string) => (existsSync(join(directory, name)) ? readFileSync(join(directory, name), 'utf8') : undefined)
  return { files, app: page('index.html'), line: page('line.html') }
}

function fileOf(directory: string, name: string): File {
  const bytes = readFileSync(name)
  const zipped = zippable.has(extname(name)) && bytes.length >= zippedBytesMin ? gzipSync(bytes, { level: 9 }) : undefined
  const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`
  return { path: `/${relative(directory, name)}`, type: types[extname(name)] ?? '', bytes, zipped, etag }
}

/** Serves the app and its files. Hashed files are kept for a year; a page is never kept, since it carries a nonce. */
export function webRoutes(app: App, { web, secure }: { web: Web; secure: boolean }) {
  const open = { config: { access: { allow: 'public' as const } }, schema: { hide: true } }
  for (const file of web.files) app.get(file.path, open, async (request, reply) => sendFile(file, request, reply))
  for (const path of appPaths) app.get(path, open, async (request, reply) => sendPage(web.app, request, reply, secure))
  app.get(linePath, open, async (request, reply) => sendPage(web.line, request, reply, secure))
}

function sendFile({ path, type, bytes, zipped, etag }: File, request: FastifyRequest, reply: FastifyReply) {
  const hashed = path.startsWith('/assets/')
  reply.header('etag', etag).header('vary', 'accept-encoding').header('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'public, max-age=3600')
  if (request.headers['if-none-match']?.split(/,\s*/).includes(etag)) return reply.code(304).send()
  reply.type(type)
  if (zipped === undefined || !/\bgzip\b/.test(request.headers['accept-encoding'] ?? '')) return reply.send(bytes)
  return reply.header('content-encoding', 'gzip').send(zipped)
}

/** A page with its policy: only scripts that carry this answer's nonce run, and what they load themselves. */
export function sendPage(html: string | undefined, request: FastifyRequest, reply: FastifyReply, secure: boolean, status = 200) {
  const nonce = randomBytes(16).toString('base64url')
  pageHeaders(reply, secure, `script-src 'nonce-${nonce}' 'strict-dynamic'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; manifest-src 'self'`)
  if (html === undefined) return reply.code(503).send(notBuilt)
  const page = html.replaceAll('CSP_NONCE', nonce)
  return reply.code(status).send(prefersKorean(request) ? page : page.replace('<html lang="ko">', '<html lang="en">'))
}

export function pageHeaders(reply: FastifyReply, secure: boolean, sources: string) {
  reply.type('text/html; charset=utf-8').header('cache-control', 'no-store').header('vary', 'accept-language')
  guardPage(reply, secure, sources)
}

/** What a page and what it loads may do: nothing but what `sources` says, and nothing of another origin into it or out of it. */
export function guardPage(reply: FastifyReply, secure: boolean, sources: string) {
  reply
    .header('content-security-policy', `default-src 'none'; ${sources}; base-uri 'none'; form-action 'self'; frame-ancestors 'self'`)
    .header('cross-origin-opener-policy', 'same-origin')
    .header('cross-origin-resource-policy', 'same-origin')
    .header('permissions-policy', 'camera=(self), geolocation=(), microphone=(), payment=()')
  if (secure) reply.header('strict-transport-security', 'max-age=31536000')
}

/** The first of the two languages the reader names; Korean without a wish. */
export function prefersKorean({ headers }: FastifyRequest): boolean {
  const wished = (headers['accept-language'] ?? 'ko').split(',').map((part) => part.trim().slice(0, 2).toLowerCase())
  return (wished.find((tag) => tag === 'ko' || tag === 'en') ?? (wished.includes('*') ? 'ko' : 'en')) === 'ko'
}

/** Somebody who looks at a page, not a program that asks the API. */
export const wantsPage = ({ method, url, headers }: FastifyRequest) => method === 'GET' && !url.startsWith('/api/') && (headers.accept ?? '').includes('text/html')

const notBuilt = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Openrun</title><h1>The web app is not built</h1><p>Run <code>npm run build</code> and start again. The API works without it: see <a href="/docs">/docs</a>.</p></html>'
