import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { readConfig } from '../../src/config.ts'
import type { Database } from '../../src/platform/database.ts'
import { openClock } from '../../src/platform/clock.ts'
import { openServer, type Server } from '../../src/server.ts'
import type { MapSeat } from '../../web/wire.ts'
import { type Hall, layOut } from '../../web/hall/plan.ts'
import { findChromium } from './chromium.ts'
import { createTime } from './time.ts'

export const chromiumMissing = findChromium() ? false : 'there is no chromium on this machine'
const password = 'browser-test-1234'
/** says nothing of how fast a page is: one asks again only after 13 s, a line that a standstill has slowed recovers in 20 s */
const patienceMs = 60_000
export type Fan = { userId: string; email: string; name: string }
export type Look = { language?: 'ko' | 'en'; width?: number; dark?: boolean; phone?: boolean; scripts?: boolean }
/** Answers that a test provokes on purpose; any other failed request or console error fails it. */
export type Allowed = RegExp[]
export type Visit = Awaited<ReturnType<Stage['visit']>>
export type Stage = Awaited<ReturnType<typeof openStage>>
type Plan = Parameters<Server['system']['api']['concert']['createWithShow']>[0]['plan']
type ShowWish = { concertId?: string; title?: string; venue?: string; description?: string; rows?: number; plan?: Plan; opensInMs?: number; closesInMs?: number; lobbyInMs?: number; startsInMs?: number; codes?: string[]; by?: string }
const second = 1_000
const hour = 3_600_000
/** half of what is an outage */
const stepMsMax = 1.5 * second

/** A server of its own on a fresh data directory, and a browser. The server's time is the test's: `passTime` brings it on. */
export async function openStage(environment: Record<string, string> = {}) {
  const directory = await mkdtemp(join(tmpdir(), 'openrun-browser-'))
  const config = readConfig({ PORT: '0', OPS_PORT: '0', DATA_DIR: directory, LOG_LEVEL: 'error', REHEARSALS: 'on', BEACON_URLS: 'none', ...environment })
  const time = createTime()
  const server: Server = await openServer(config, undefined, async (db: Database) => time.over(await openClock(db)))
  const closeServer = async () => {
    await server.close('test')
    await rm(directory, { recursive: true, force: true })
  }
  const { operatorId, axe, browser } = await equip(server).catch(async (error) => {
    await closeServer()
    throw error
  })
  let fans = 0

  return {
    url: server.url,
    opsUrl: server.opsUrl,
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
    /** a published show that is on sale, with two grades and a standing floor; or as it is wished */
    show: async ({ rows = 4, title = '한여름밤의 록', venue = '올림픽홀', description = '', plan = smallHall(rows), opensInMs = -60 * second, closesInMs = 100 * hour, lobbyInMs, startsInMs = 1_000 * hour, concertId, codes, by = operatorId }: ShowWish = {}) => {
      const now = time.now()
      const startsAt = Math.ceil((now + startsInMs) / hour) * hour
      const made = await server.system.api.concert.createWithShow({
        by: { userId: by, role: 'operator' },
        ...(concertId && { concertId }),
        concert: { title, venue, description },
        show: { startsAt, endsAt: startsAt + 2 * hour, timeZone: 'Asia/Seoul', ticketsPerUserMax: 4, bookingFee: 2_000, policy: { version: 1, cutoffMinutesBeforeStart: 1_440 } },
        plan, prices,
        windows: [{ name: '일반예매', lobbyOpensAt: lobbyInMs === undefined ? null : now + lobbyInMs, opensAt: now + opensInMs, closesAt: now + closesInMs, audience: codes ? 'codes' : 'everyone', ...(codes && { codes }), sections: null }],
      })
      await server.system.settle()
      return { ...made, title }
    },
    now: time.now,
    /** the server's time stands still until it is let go on: a state of some seconds is there for who takes longer */
    stopTime: time.stop,
    /** every connection there is breaks, streams too */
    cutConnections: () => server.system.app.server.closeAllConnections(),
    /** what the link in the newest mail to somebody opens */
    linkTo: async (email: string): Promise<string> => {
      await server.system.settle()
      const directoryOfMail = join(directory, 'mail')
      for (const name of (await readdir(directoryOfMail)).sort().reverse()) {
        const text = await readFile(join(directoryOfMail, name), 'utf8')
        const link = /https?:\/\/\S+/.exec(text)?.[0]
        if (text.startsWith(`To: ${email}\n`) && link) return new URL(link).pathname + new URL(link).search
      }
      return assert.fail(`no mail to ${email}`)
    },
    /** the server's time goes on as if it had been serving all the while: no step is long enough for an outage, and doing what is due takes no time */
    passTime: async (ms: number) => {
      const goOn = time.stop()
      try {
        // a beat, too: the first step adds to no time that went by before
        await server.system.settle()
        for (let left = ms; left > 0; left -= stepMsMax) {
          time.step(Math.min(stepMsMax, left))
          await server.system.settle()
        }
      } finally {
        goOn()
      }
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
    /** a page of nobody */
    blank: async () => (await browser.newContext()).newPage(),
    close: async () => {
      await browser.close()
      await closeServer()
    },
  }
}

/** What a stage has beside its server; the browser comes last, so that whatever fails leaves none open. */
async function equip(server: Server) {
  const operatorId = await server.system.userService.ensureUser({ email: 'operator@test.example', name: '당직', password, role: 'operator' })
  const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  const browser: Browser = await chromium.launch({ executablePath: findChromium() ?? '', args: ['--no-sandbox'] })
  return { operatorId, axe, browser }
}

const prices = [
  { grade: 'VIP', price: 154_000 }, { grade: 'R', price: 132_000, types: [{ name: '청소년', price: 99_000, proofAtDoor: true }] }, { grade: 'S', price: 88_000 },
]
const seated = (name: string, grade: string, rows: number) => ({ name, grade, kind: 'seated' as const, rows: Array.from({ length: rows }, (_, i) => ({ name: String(i + 1), seats: 12 })) })
const smallHall = (rows: number): Plan => ({ sections: [seated('A', 'VIP', rows), seated('B', 'R', rows), { name: '스탠딩', grade: 'S', kind: 'standing', capacity: 40 }] })

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

/** Signs a browser in without a page: the cookie, and the mark that there is one. Answers the access token. */
export async function session({ context, page }: Pick<Visit, 'context' | 'page'>, { email }: Fan): Promise<string> {
  const answer = await context.request.post('/api/sessions', { data: { email, password } })
  assert.equal(answer.status(), 201)
  await page.addInitScript("localStorage.setItem('openrun.signed-in', '1')")
  return String((await answer.json()).accessToken)
}

/** Signs in by the form, from whatever page asks for it. */
export async function signIn(page: Page, { email }: Fan) {
  await page.locator('input[name=email]').fill(email)
  await page.locator('input[name=password]').fill(password)
  await page.locator('main form button[type=submit]').click()
}

/** Comes to a page of one's own by the form. */
export async function comeTo(page: Page, path: string, who: Fan) {
  await page.goto(`/sign-in?back=${encodeURIComponent(path)}`)
  await signIn(page, who)
}

/** What a page asks before it is left, each answered with the answer of that moment. */
export function questionsOf(page: Page, answer: () => 'accept' | 'dismiss' = () => 'dismiss'): string[] {
  const asked: string[] = []
  page.on('dialog', (dialog) => {
    asked.push(dialog.message())
    void dialog[answer()]()
  })
  return asked
}

/** The plan as the page lays it out: where each seat is on the canvas. */
export async function hallOf(stage: Stage, showId: string): Promise<Hall> {
  const { seats } = await stage.api.seat.map({ showId })
  return layOut(seats as MapSeat[], ['VIP', 'R', 'S'])
}

/** Whether the hall is drawn, and by another camera than was `seen`. Runs in the page, whose policy forbids text as code. */
export const cameraOther = (seen: string | undefined) => {
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

/** By how many pixels a page is wider than its window. */
export const sidewaysBy = (page: Page) => page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth')

/** A page as it stands has no violation and does not scroll sideways. */
export async function assertSound(stage: Stage, page: Page, name: string) {
  assert.deepEqual(await violationsOf(stage, page), [], name)
  const wide = await sidewaysBy(page)
  assert.ok(wide <= 0, `${name} scrolls sideways by ${wide} px`)
}
