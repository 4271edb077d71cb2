import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { readConfig } from '../../src/config.ts'
import { openServer, type Server } from '../../src/server.ts'
import type { MapSeat } from '../../web/wire.ts'
import { type Hall, layOut } from '../../web/hall/plan.ts'
import { findChromium } from './chromium.ts'

export const chromiumMissing = findChromium() ? false : 'there is no chromium on this machine'
const password = 'browser-test-1234'
const patienceMs = 20_000
export type Fan = { userId: string; email: string; name: string }
export type Look = { language?: 'ko' | 'en'; width?: number; dark?: boolean; phone?: boolean; scripts?: boolean }
/** Answers that a test provokes on purpose; any other failed request or console error fails it. */
export type Allowed = RegExp[]
export type Visit = Awaited<ReturnType<Stage['visit']>>
export type Stage = Awaited<ReturnType<typeof openStage>>

/** A server of its own on a fresh data directory, with one show on sale, and a browser. */
export async function openStage() {
  const directory = await mkdtemp(join(tmpdir(), 'openrun-browser-'))
  const config = readConfig({ PORT: '0', OPS_PORT: '0', DATA_DIR: directory, LOG_LEVEL: 'error', REHEARSALS: 'on' })
  const server: Server = await openServer(config)
  const browser: Browser = await chromium.launch({ executablePath: findChromium() ?? '', args: ['--no-sandbox'] })
  const operatorId = await server.system.userService.ensureUser({ email: 'operator@test.example', name: '당직', password, role: 'operator' })
  const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  let fans = 0

  return {
    url: server.url,
    api: server.system.api,
    operatorId,
    axe,
    /** somebody who may set up concerts */
    organiser: async (): Promise<Fan> => {
      const [email, name] = [`organiser${++fans}@test.example`, '하늘기획']
      return { userId: await server.system.userService.ensureUser({ email, name, password, role: 'organiser' }), email, name }
    },
    settle: () => server.system.settle(),
    /** a verified person with a password and money */
    fan: async ({ balance = 1_000_000, name = '한지민', role = 'buyer' }: { balance?: number; name?: string; role?: 'buyer' | 'organiser' } = {}): Promise<Fan> => {
      const email = `fan${++fans}@test.example`
      const userId = await server.system.userService.ensureUser({ email, name, password, role })
      if (balance > 0) await server.system.api.wallet.topUp({ topUpId: randomUUID(), userId, amount: balance })
      return { userId, email, name }
    },
    /** a published show that is on sale, with two grades and a standing floor; or one that opens later */
    show: async ({ rows = 4, opensInMs = -60_000, title = '한여름밤의 록', by = operatorId } = {}) => {
      const now = Date.now()
      const hour = 3_600_000
      const seated = (name: string, grade: string) => ({ name, grade, kind: 'seated' as const, rows: Array.from({ length: rows }, (_, i) => ({ name: String(i + 1), seats: 12 })) })
      const made = await server.system.api.concert.createWithShow({
        by: { userId: by, role: 'operator' },
        concert: { title, venue: '올림픽홀', description: '' },
        show: { startsAt: now + 1_000 * hour, endsAt: now + 1_002 * hour, timeZone: 'Asia/Seoul', ticketsPerUserMax: 4, bookingFee: 2_000, policy: { version: 1, cutoffMinutesBeforeStart: 1_440 } },
        plan: { sections: [seated('A', 'VIP'), seated('B', 'R'), { name: '스탠딩', grade: 'S', kind: 'standing', capacity: 40 }] },
        prices: [{ grade: 'VIP', price: 154_000 }, { grade: 'R', price: 132_000, types: [{ name: '청소년', price: 99_000, proofAtDoor: true }] }, { grade: 'S', price: 88_000 }],
        windows: [{ name: '일반예매', opensAt: now + opensInMs, closesAt: now + 100 * hour, audience: 'everyone', sections: null }],
      })
      await server.system.settle()
      return { ...made, title }
    },
    visit: async ({ language = 'ko', width = 1_440, dark = false, phone = width < 600, scripts = true }: Look = {}, allowed: Allowed = []) => {
      const options: BrowserContextOptions = {
        baseURL: server.url, viewport: { width, height: phone ? 844 : 900 }, locale: language === 'ko' ? 'ko-KR' : 'en-GB', colorScheme: dark ? 'dark' : 'light',
        hasTouch: phone, isMobile: phone, javaScriptEnabled: scripts, reducedMotion: 'reduce', timezoneId: 'Asia/Seoul',
      }
      const context = await browser.newContext(options)
      context.setDefaultTimeout(patienceMs)
      const page = await context.newPage()
      const problems: string[] = []
      watch(page, problems, allowed)
      return { context, page, phone, problems, close: async () => {
        await context.close()
        assert.deepEqual(problems, [])
      } }
    },
    close: async () => {
      await browser.close()
      await server.close('test')
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** Notes what goes wrong on a page, but what is allowed. */
export function watch(page: Page, problems: string[], allowed: Allowed) {
  const note = (text: string) => {
    if (!allowed.some((pattern) => pattern.test(text))) problems.push(text)
  }
  page.on('pageerror', (error) => note(`page error: ${error.stack ?? error.message}`))
  page.on('console', (message) => {
    // a failed request is told twice; it is counted below, with its status
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) note(`console: ${message.text()}`)
  })
  page.on('response', (response) => response.status() >= 400 && note(`${response.status()} ${response.request().method()} ${new URL(response.url()).pathname}`))
  page.on('requestfailed', (request) => request.failure()?.errorText !== 'net::ERR_ABORTED' && note(`failed: ${request.url()} ${request.failure()?.errorText}`))
}

/** Signs in by the form, from whatever page asks for it. */
export async function signIn(page: Page, { email }: Fan) {
  await page.locator('input[name=email]').fill(email)
  await page.locator('input[name=password]').fill(password)
  await page.locator('main form button[type=submit]').click()
}

/** The plan as the page lays it out: where each seat is on the canvas. */
export async function hallOf(stage: Stage, showId: string): Promise<Hall> {
  const { seats } = await stage.api.seat.map({ showId })
  return layOut(seats as MapSeat[], ['VIP', 'R', 'S'])
}

/** Runs in the page, whose policy forbids text as code. */
const cameraOther = (seen: string | undefined) => {
  const { document } = globalThis as unknown as { document: { querySelector: (name: string) => { dataset: { camera?: string } } | null } }
  return (document.querySelector('canvas')?.dataset.camera ?? seen) !== seen
}

/** Clicks a seat on the canvas; from afar the first tap comes nearer. */
export async function pickSeat({ page, phone }: Visit, hall: Hall, index: number) {
  const canvas = page.locator('canvas')
  await page.waitForFunction(cameraOther, undefined)
  const before = await page.locator('.chosen li').count()
  for (let tries = 0; tries < 3; tries++) {
    const [scale = 1, x = 0, y = 0] = ((await canvas.getAttribute('data-camera')) ?? '').split(' ').map(Number)
    const position = { x: (hall.xs[index] ?? 0) * scale + x, y: (hall.ys[index] ?? 0) * scale + y }
    if (phone) await canvas.tap({ position })
    else await canvas.click({ position })
    const near = scale >= (phone ? 18 : 9)
    if (near) break
    await page.waitForFunction(cameraOther, `${scale} ${x} ${y}`)
  }
  await page.locator('.chosen li').nth(before).waitFor()
}

type AxeResult = { violations: { id: string; help: string; nodes: { html: string; failureSummary?: string }[] }[] }
/** Everything axe-core knows of WCAG 2.2 AA, on the page as it stands. */
export async function violationsOf(stage: Pick<Stage, 'axe'>, page: Page): Promise<string[]> {
  await page.evaluate(stage.axe)
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
  const result = await page.evaluate<AxeResult>(`axe.run(document, { runOnly: { type: 'tag', values: ${JSON.stringify(tags)} } })`)
  return result.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html.slice(0, 160)} ${failureSummary?.slice(0, 200) ?? ''}`).join(' | ')}`)
}
