import { existsSync, globSync } from 'node:fs'
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import type { Page } from 'playwright-core'
import { type Light, show, type Size, sizes } from './looks.ts'
import { type Language, openScene } from './scene.ts'
import { canRecord, recordLoop } from './loop.ts'
import { chromiumMissing, openStage } from './stage.ts'
import { type Part, parts } from './states.ts'

/**
 * `npm run screenshots [-- --only hall,draw,loop --language ko]`: brings every page into its states on servers of its own and writes
 * docs/screens/NAME.LANGUAGE.SIZE.LIGHT.webp. A picture that shows nothing new keeps its bytes: clocks and numbers made
 * by chance are no news. The loop of the README is cut from a run of the demo; that needs ffmpeg.
 */
const directory = new URL('../../docs/screens/', import.meta.url).pathname
const quality = 46
const bytesMax = 8_000_000
/** of the pixels, so many may differ visibly before a picture is taken for another one */
const newShare = 0.004
const lights: Light[] = ['dark', 'light']

const { values: { only, language: reader } } = parseArgs({ options: { only: { type: 'string' }, language: { type: 'string' } } })
const languages = (['ko', 'en'] as const).filter((each) => reader === undefined || each === reader)
const chosen = Object.entries(parts).filter(([name]) => only === undefined || only.split(',').includes(name))
const wantsLoop = only === undefined || only.split(',').includes('loop')
if (chromiumMissing || (chosen.length === 0 && !wantsLoop)) {
  process.stderr.write(`${chromiumMissing || `--only names none of ${Object.keys(parts).join(', ')}, loop`}\n`)
  process.exit(1)
}
await mkdir(directory, { recursive: true })
const counts = { written: 0, kept: 0 }
for (const [name, part] of chosen) {
  for (const language of languages)
    // the others are worth having all the same
    await photographPart(part, language).catch((error) => {
      process.stderr.write(`${name}, ${language}: ${error}\n`)
      process.exitCode = 1
    })
  process.stdout.write(`${name}: ${counts.written} written, ${counts.kept} as they were\n`)
}
if (only === undefined) await removeOthers()
if (wantsLoop && !canRecord()) process.stderr.write('The loop was NOT made: install ffmpeg (Debian: apt-get install ffmpeg)\n')
else if (wantsLoop) for (const language of languages) {
  const { bytes, scenes } = await recordLoop(language, `${directory}demo.${language}`)
  process.stdout.write(`demo.${language}.webp: ${(bytes / 1e6).toFixed(2)} MB, ${scenes.join(' + ')}\n`)
}
let bytes = 0
for (const file of globSync(`${directory}*.webp`)) bytes += (await stat(file)).size
process.stdout.write(`docs/screens: ${(bytes / 1e6).toFixed(2)} MB\n`)
if (bytes > bytesMax) {
  process.stderr.write(`more than ${bytesMax / 1e6} MB\n`)
  process.exitCode = 1
}

async function photographPart({ walk, environment, pages }: Part, language: Language) {
  const stage = await openStage(environment)
  try {
    const darkroom = await openDarkroom(await stage.blank())
    const scene = openScene(stage, language)
    for await (const { name, page } of walk(scene)) await photograph(darkroom, page, { state: name, language, all: pages.includes(name) })
    await scene.close()
  } finally {
    await stage.close()
  }
}

/** A page of the app in every light and size; a state once in each language: Korean on the phone in light, English on the desk in the dark. */
async function photograph(darkroom: Darkroom, page: Page, { state, language, all }: { state: string; language: Language; all: boolean }) {
  for (const size of Object.keys(sizes) as Size[]) {
    let other: Buffer | undefined
    for (const light of lights) {
      if (!all && !(language === 'ko' ? size === 'phone' && light === 'light' : size === 'desktop' && light === 'dark')) continue
      await show(page, sizes[size], light)
      const picture = await page.screenshot({ type: 'webp', quality, animations: 'disabled', caret: 'hide' })
      // the hall is dark in both: one picture is enough
      if (other?.equals(picture)) continue
      other = picture
      await keep(darkroom, `${directory}${state}.${language}.${size}.${light}.webp`, picture)
    }
  }
  await show(page, sizes.phone, 'light')
}

async function keep(darkroom: Darkroom, file: string, picture: Buffer) {
  if (existsSync(file) && (await darkroom(await readFile(file), picture)) < newShare) return void counts.kept++
  counts.written++
  await writeFile(file, picture)
}

type Darkroom = Awaited<ReturnType<typeof openDarkroom>>
/** Which share of two pictures differs so that one sees it, or 1 if they are not of one size. */
async function openDarkroom(page: Page) {
  return async (before: Buffer, after: Buffer): Promise<number> =>
    page.evaluate<number>(`(async () => {
      const pixels = async (text) => {
        const image = await createImageBitmap(await (await fetch('data:image/webp;base64,' + text)).blob())
        const context = new OffscreenCanvas(image.width, image.height).getContext('2d')
        context.drawImage(image, 0, 0)
        return [image.width, context.getImageData(0, 0, image.width, image.height).data]
      }
      const [[wide, a], [width, b]] = [await pixels('${before.toString('base64')}'), await pixels('${after.toString('base64')}')]
      if (wide !== width || a.length !== b.length) return 1
      let other = 0
      for (let i = 0; i < a.length; i += 4) if (Math.abs(a[i] - b[i]) + Math.abs(a[i + 1] - b[i + 1]) + Math.abs(a[i + 2] - b[i + 2]) > 96) other++
      return other / (a.length / 4)
    })()`)
}

/** Pictures of states there are no more. */
async function removeOthers() {
  const known = new Set(['demo', ...Object.values(parts).flatMap(({ pages, states }) => [...pages, ...states])])
  for (const file of globSync('*.webp', { cwd: directory })) if (!known.has(file.split('.')[0] ?? '')) await rm(`${directory}${file}`)
}
