import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { chromium, type FrameLocator, type Page } from 'playwright-core'
import type { MapSeat } from '../../web/wire.ts'
import { layOut } from '../../web/hall/plan.ts'
import { decodeStates, free } from '../../web/hall/states.ts'
import { findChromium } from './chromium.ts'
import type { Language } from './scene.ts'

const start = new URL('../../src/cli/start.ts', import.meta.url).pathname
const size = { width: 1_240, height: 940 }
const shownWidth = 992
const framesPerSecond = 8
const quality = 62
const bytesMax = 3_000_000
const patienceMs = 60_000
/** how long a race is waited for: it is never staged, so it may not come */
const raceMs = 2_500

const triesMax = 6
/** so that one can read it */
const lostShownMs = 1_500

type Frame = { at: number; file: string }
type Scene = { from: number; seconds: number }

export const canRecord = () => spawnSync('ffmpeg', ['-version']).status === 0

/** Records one run of the demo's stage as it happens and cuts it to eighteen seconds: line, kill -9, hall, payment, audit. */
export async function recordLoop(language: Language, target: string): Promise<{ bytes: number; scenes: string[] }> {
  const directory = await mkdtemp(join(tmpdir(), 'openrun-loop-'))
  const browser = await chromium.launch({ executablePath: findChromium() ?? '', args: ['--no-sandbox'] })
  const { child, url } = await openDemo(directory)
  try {
    const context = await browser.newContext({ baseURL: new URL(url).origin, viewport: size, locale: language === 'ko' ? 'ko-KR' : 'en-GB', timezoneId: 'Asia/Seoul', colorScheme: 'dark' })
    context.setDefaultTimeout(patienceMs)
    const page = await context.newPage()
    const frames = await record(page, directory)
    const scenes = await play(page, url).catch(async (error) => {
      throw new Error(await page.locator('.controls').innerText(), { cause: error })
    })
    await page.screenshot({ path: `${target}.still.webp`, type: 'webp', quality: 80 })
    await cut(frames, scenes, directory, `${target}.webp`)
    const { size: bytes } = await stat(`${target}.webp`)
    if (bytes > bytesMax) throw new Error(`${target}.webp has ${bytes} bytes`)
    return { bytes, scenes: scenes.map(({ seconds }) => `${seconds} s`) }
  } finally {
    await browser.close()
    child.kill('SIGTERM')
    if (child.exitCode === null) await once(child, 'exit')
    await rm(directory, { recursive: true, force: true })
  }
}

/** As npm start runs it. */
async function openDemo(directory: string): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, [start], { env: { PATH: process.env.PATH, PORT: '0', OPS_PORT: '0', LOG_LEVEL: 'error', BEACON_URLS: 'none', DATA_DIR: join(directory, 'data') }, stdio: ['ignore', 'pipe', 'inherit'] })
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /^Openrun 오픈런 {2}(http:\S+)/.exec(line)?.[1]
    if (!url) continue
    child.stdout.resume()
    return { child, url }
  }
  throw new Error('the demo ended before it served')
}

/** Every picture the browser draws, with its time. */
async function record(page: Page, directory: string): Promise<Frame[]> {
  const frames: Frame[] = []
  const devtools = await page.context().newCDPSession(page)
  devtools.on('Page.screencastFrame', ({ data, sessionId }) => {
    const file = join(directory, `${String(frames.length).padStart(5, '0')}.jpg`)
    frames.push({ at: performance.now(), file })
    void writeFile(file, Buffer.from(data, 'base64'))
    void devtools.send('Page.screencastFrameAck', { sessionId }).catch(() => undefined)
  })
  await devtools.send('Page.startScreencast', { format: 'jpeg', quality: 92, maxWidth: size.width, maxHeight: size.height, everyNthFrame: 1 })
  return frames
}

/** The run itself, by clicks. Answers which stretches of it are shown. */
async function play(page: Page, url: string): Promise<Scene[]> {
  const phone = page.frameLocator('iframe')
  await page.goto(url)
  await page.locator('.cue .primary').click()
  await phone.locator('#line h1, .hall').first().waitFor()
  const line = performance.now()
  await Promise.all([wait(3_000), page.locator('.cue .stop:enabled').waitFor()])
  const kill = performance.now()
  await page.locator('.cue .stop').click()
  await page.locator('.room.dead').waitFor()
  await page.locator('.room:not(.dead)').waitFor()
  const back = performance.now()
  await phone.locator('canvas[data-camera]').waitFor()
  const hall = performance.now()
  await chooseSeats(page, phone)
  await wait(Math.max(0, 3_000 - (performance.now() - hall)))
  await takeThem(phone)
  const pay = performance.now()
  await wait(1_000)
  await phone.locator('.bar .primary').click()
  await phone.locator('.torn').waitFor()
  await wait(2_000)
  await page.locator('.audit.sound').waitFor()
  const audit = performance.now()
  await wait(5_500)
  return [
    { from: Math.max(line, kill - 3_000), seconds: 3 }, { from: Math.max(kill, back - 2_000), seconds: 3 }, { from: Math.max(hall, pay - 4_200), seconds: 4 },
    { from: pay, seconds: 3 }, { from: audit - 200, seconds: 5 },
  ]
}

/** Takes what was chosen; a lost race is answered on the map, and where the crowd was faster each time the server finds seats. */
async function takeThem(phone: FrameLocator) {
  const [checkout, lost] = [phone.locator('.checkout'), phone.locator('.notice.bad')]
  const instead = lost.locator('.primary')
  for (let tries = 0; tries < triesMax; tries++) {
    const offered = (await instead.count()) > 0
    if (!offered && (await lost.count())) {
      process.stderr.write(`${(await lost.innerText()).replaceAll('\n', ' ')}\n`)
      await lost.locator('.button').last().click()
      // what there is for one is more than what there is for two
      await phone.locator('.best select').first().selectOption('1')
    }
    if (offered) await instead.click()
    else if (await phone.locator('.bar .primary:enabled').count()) await phone.locator('.bar .primary').click()
    else await phone.locator('.best button[type=submit]').click()
    await checkout.or(lost).first().waitFor()
    if (await checkout.count()) return
    await wait(lostShownMs)
  }
  throw new Error('no seat was to be had')
}

/** Two seats side by side that are free and that others want too; whoever is a moment late sees how that is solved. */
async function chooseSeats(page: Page, phone: FrameLocator) {
  const showId = /shows\/([\w-]+)\//.exec((await page.locator('iframe').getAttribute('src')) ?? '')?.[1]
  const map = await (await page.request.get(`/api/shows/${showId}/seats`)).json() as { seats: MapSeat[]; states: string }
  const layout = layOut(map.seats, ['R'])
  const isFree = freeIn(map.states)
  const row = layout.sections[0]?.rows.find(({ first, last }) => Array.from({ length: last - first - 1 }, (_, i) => first + i).some((i) => isFree(i) && isFree(i + 1)))
  if (!row) return
  const middle = Math.round((row.first + row.last) / 2)
  const [seat = row.first] = Array.from({ length: row.last - row.first - 1 }, (_, i) => row.first + i).filter((i) => isFree(i) && isFree(i + 1)).sort((a, b) => Math.abs(a - middle) - Math.abs(b - middle))
  for (const i of [seat, seat + 1]) await tap(phone, layout.xs[i] ?? 0, layout.ys[i] ?? 0)
  const endsAt = performance.now() + raceMs
  while (performance.now() < endsAt && (await phone.locator('.chosen li').count()) === 2 && !(await isTaken(page, `${showId}`, seat))) await wait(100)
}

async function isTaken(page: Page, showId: string, seat: number): Promise<boolean> {
  const { states } = await (await page.request.get(`/api/shows/${showId}/seats?planVersion=1`)).json() as { states: string }
  const isFree = freeIn(states)
  return !isFree(seat) || !isFree(seat + 1)
}

function freeIn(text: string): (seat: number) => boolean {
  const states = decodeStates(text, text.length * 3)
  return (seat) => states[seat] === free
}

/** From afar the first tap comes nearer. */
async function tap(phone: FrameLocator, x: number, y: number) {
  const canvas = phone.locator('canvas')
  const chosen = phone.locator('.chosen li')
  const before = await chosen.count()
  for (let tries = 0; tries < 4 && (await chosen.count()) === before; tries++) {
    const [scale = 1, left = 0, top = 0] = ((await canvas.getAttribute('data-camera')) ?? '').split(' ').map(Number)
    await canvas.click({ position: { x: x * scale + left, y: y * scale + top } })
    await wait(250)
  }
}

/** One file of the stretches that are shown, each picture as long as it was there. */
async function cut(frames: Frame[], scenes: Scene[], directory: string, target: string) {
  const lines: string[] = []
  for (const { from, seconds } of scenes) {
    const to = from + seconds * 1_000
    const shown = frames.filter(({ at }, i) => at < to && (frames[i + 1]?.at ?? Number.POSITIVE_INFINITY) > from)
    for (const [i, { at, file }] of shown.entries()) lines.push(`file '${file}'`, `duration ${((Math.min(to, shown[i + 1]?.at ?? to) - Math.max(from, at)) / 1_000).toFixed(3)}`)
  }
  const list = join(directory, 'frames.txt')
  await writeFile(list, lines.join('\n'))
  const arguments_ = ['-y', '-f', 'concat', '-safe', '0', '-i', list, '-vf', `fps=${framesPerSecond},scale=${shownWidth}:-2:flags=lanczos`, '-c:v', 'libwebp_anim', '-lossless', '0', '-q:v', String(quality), '-compression_level', '5', '-loop', '0', target]
  await promisify(execFile)('ffmpeg', ['-loglevel', 'error', ...arguments_])
}
