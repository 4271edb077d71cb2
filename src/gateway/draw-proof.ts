import { readFile } from 'node:fs/promises'
import { stripTypeScriptTypes } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { FastifyReply } from 'fastify'
import Type from 'typebox'
import { Exact } from '../platform/contract.ts'
import type { App } from '../platform/http.ts'
import { refuse } from '../platform/outcome.ts'

/** What a file of the page is, and where it stands; addresses are what the page asks for. */
type Kind = 'html' | 'css' | 'javascript'
const ownFiles: Record<string, { file: string; kind: Kind }> = {
  'page.css': { file: '../../web/draw-proof/page.css', kind: 'css' },
  'web/page.ts': { file: '../../web/draw-proof/page.ts', kind: 'javascript' },
  'web/proof-page.ts': { file: '../../web/draw-proof/proof-page.ts', kind: 'javascript' },
  'web/details.ts': { file: '../../web/draw-proof/details.ts', kind: 'javascript' },
  'web/texts.ts': { file: '../../web/draw-proof/texts.ts', kind: 'javascript' },
  'queue/draw-check.ts': { file: '../queue/draw-check.ts', kind: 'javascript' },
  'queue/draw-rules.ts': { file: '../queue/draw-rules.ts', kind: 'javascript' },
  'queue/draw-beacon.ts': { file: '../queue/draw-beacon.ts', kind: 'javascript' },
  'queue/draw-signature.ts': { file: '../queue/draw-signature.ts', kind: 'javascript' },
  'web/audit.ts': { file: '../../web/draw-proof/audit.ts', kind: 'javascript' },
  'web/audit-texts.ts': { file: '../../web/draw-proof/audit-texts.ts', kind: 'javascript' },
  'queue/replay.ts': { file: '../queue/replay.ts', kind: 'javascript' },
  'queue/record-chain.ts': { file: '../queue/record-chain.ts', kind: 'javascript' },
  'queue/order.ts': { file: '../queue/order.ts', kind: 'javascript' },
}
/** Modules of the two libraries the shared files import, by the names they have in the package. */
const libraryFile = /^vendor\/@noble\/(curves|hashes)\/((?:abstract\/)?[a-z0-9_-]+\.js)$/
const libraries: Record<string, string> = { curves: import.meta.resolve('@noble/curves/bls12-381.js'), hashes: import.meta.resolve('@noble/hashes/sha2.js') }
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
const pages = {
  draw: { file: '../../web/draw-proof/index.html', kind: 'html' },
  audit: { file: '../../web/draw-proof/audit.html', kind: 'html' },
} as const

/**
 * The pages that do a draw again and recompute a whole sale in the browser: the very files the server runs, with nothing but their types taken
 * away and their imports named by address. No bundler stands between what is read here and what runs there.
 */
export function drawProofRoutes(app: App) {
  const bodies = new Map<string, Promise<string>>()
  const body = (address: string, found: { file: string; kind: Kind }) => {
    const known = bodies.get(address) ?? readBody(found)
    bodies.set(address, known)
    known.catch(() => bodies.delete(address)) // asked again it is read again
    return known
  }
  const send = async (reply: FastifyReply, address: string, found: { file: string; kind: Kind }) =>
    reply.header('content-security-policy', policy).header('cache-control', 'public, max-age=300').type(`text/${found.kind}; charset=utf-8`).send(await body(address, found))

  app.get('/draw-proof', {
    config: { access: { allow: 'public' } },
    schema: { hide: true, querystring: Exact({ show: Type.Optional(Type.String()), window: Type.Optional(Type.String()), lang: Type.Optional(Type.String()) }) },
  }, async (_request, reply) => send(reply, 'draw', pages.draw))

  app.get('/audit-proof', {
    config: { access: { allow: 'public' } },
    schema: { hide: true, querystring: Exact({ show: Type.Optional(Type.String()), lang: Type.Optional(Type.String()) }) },
  }, async (_request, reply) => send(reply, 'audit', pages.audit))

  app.get('/draw-proof/*', { config: { access: { allow: 'public' } }, schema: { hide: true } }, async (request, reply) => {
    const address = (request.params as { '*': string })['*']
    const own = Object.hasOwn(ownFiles, address) ? ownFiles[address] : undefined
    if (own) return send(reply, address, own)
    const [, library = '', file = ''] = libraryFile.exec(address) ?? []
    const beside = libraries[library]
    if (!beside) return refuse('not_found')
    return send(reply, address, { file: new URL(file, beside).href, kind: 'javascript' }).catch(() => refuse('not_found'))
  })
}

async function readBody({ file, kind }: { file: string; kind: Kind }): Promise<string> {
  const text = await readFile(fileURLToPath(new URL(file, import.meta.url)), 'utf8')
  if (kind !== 'javascript') return text
  const script = file.endsWith('.ts') ? stripTypeScriptTypes(text) : text
  return script.replaceAll(/(from\s+')(@noble\/|\.\.\/\.\.\/src\/queue\/)/g, (_, from: string, start: string) =>
    `${from}/draw-proof/${start.startsWith('@') ? `vendor/${start}` : 'queue/'}`)
}
