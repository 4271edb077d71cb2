import { readFile, writeFile } from 'node:fs/promises'
import { variables } from '../config.ts'
import { catalogue } from '../gateway/catalogue.ts'

/** Writes docs/errors.md and docs/config.md from the code; with --check only tells whether they are in step. */
const made = { 'errors.md': errors(), 'config.md': config() }
const check = process.argv.includes('--check')
for (const [name, text] of Object.entries(made)) {
  const file = new URL(`../../docs/${name}`, import.meta.url)
  if (!check) await writeFile(file, text)
  else if ((await readFile(file, 'utf8')) !== text) {
    process.stderr.write(`docs/${name} is not in step with the code; run npm run docs\n`)
    process.exitCode = 1
  }
}

function errors(): string {
  const rows = Object.entries(catalogue).sort(([a], [b]) => (a < b ? -1 : 1))
  const lines = rows.map(([code, { status, en, ko, next }]) => `| <a id="${code}"></a>\`${code}\` | ${status} | ${en}<br>${ko} | ${next.en}<br>${next.ko} |`)
  return ['# Refusals', '', 'Made by `npm run docs` from the catalogue. Every refusal is `application/problem+json` (RFC 9457) with `code`, the sentence in the',
    'language of `Accept-Language` (Korean or English), `next`, `requestId` and its parameters. A refusal has no effect; only',
    '`outcome_unknown` may have had one: repeat it with the same `Idempotency-Key`.', '', '| code | status | sentence | next step |', '|---|---|---|---|', ...lines, ''].join('\n')
}

function config(): string {
  const lines = Object.entries(variables).map(([name, variable]) => `| \`${name}\` | ${variable.default === '' ? '' : `\`${variable.default}\``} | ${variable.about} |`)
  return ['# Configuration', '', 'Made by `npm run docs` from `src/config.ts`. All problems are reported at once and the process does not start. Each name may also be',
    'given as `NAME_FILE`, a file with the value.', '', '| variable | default | meaning |', '|---|---|---|', ...lines, ''].join('\n')
}
