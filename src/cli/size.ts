import { entrySizes } from '../gateway/web-sizes.ts'

/** `npm run size`: what each entry of the web app costs before it can be used, gzip. */
for (const { name, bytes, limit, files } of entrySizes()) {
  process.stdout.write(`${name}  ${(bytes / 1_000).toFixed(1)} kB gzip of ${limit / 1_000} kB\n`)
  for (const [file, size] of files) process.stdout.write(`  ${(size / 1_000).toFixed(1).padStart(6)} kB  ${file}\n`)
}
