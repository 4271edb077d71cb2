import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

type Chunk = { file: string; imports?: string[]; css?: string[]; dynamicImports?: string[] }
export type EntrySize = { name: string; bytes: number; limit: number; files: [file: string, bytes: number][] }

/** Gzip bytes an entry may need: React is more than half of the app's, a million people load the line's at once. */
const limits: Record<string, number> = { 'index.html': 120_000, 'line.html': 15_000 }

/** Of the files an entry loads by the reader's language, the largest counts. */
const languageFile = /\/words-[a-z]{2}\.ts$/

/** Page, scripts and styles of each entry, with everything they import at once, as built. */
export function entrySizes(directory = new URL('../../web/dist/', import.meta.url).pathname): EntrySize[] {
  const manifest = JSON.parse(readFileSync(join(directory, '.vite/manifest.json'), 'utf8')) as Record<string, Chunk>
  return Object.entries(limits).map(([name, limit]) => {
    const sized = (file: string): [string, number] => [file, gzipSync(readFileSync(join(directory, file)), { level: 9 }).length]
    const files = [name, ...filesOf(manifest, name, new Set())].map(sized)
    const languages = (manifest[name]?.dynamicImports ?? []).filter((each) => languageFile.test(each)).map((each) => sized(manifest[each]?.file ?? ''))
    files.push(...languages.sort((a, b) => b[1] - a[1]).slice(0, 1))
    return { name, limit, files, bytes: files.reduce((sum, [, bytes]) => sum + bytes, 0) }
  })
}

function filesOf(manifest: Record<string, Chunk>, name: string, seen: Set<string>): string[] {
  const chunk = manifest[name]
  if (!chunk || seen.has(name)) return []
  seen.add(name)
  return [...new Set([chunk.file, ...(chunk.css ?? []), ...(chunk.imports ?? []).flatMap((each) => filesOf(manifest, each, seen))])]
}
