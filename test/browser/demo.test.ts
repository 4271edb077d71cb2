import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'
import { type Browser, chromium, type FrameLocator } from 'playwright-core'
import { findChromium } from './chromium.ts'
import { chromiumMissing, violationsOf, watch } from './stage.ts'

const skip = chromiumMissing
const start = new URL('../../src/cli/start.ts', import.meta.url).pathname
let directory: string
let browser: Browser
let child: ChildProcess | undefined
before(async () => {
  if (skip) return
  directory = await mkdtemp(join(tmpdir(), 'openrun-demo-'))
  browser = await chromium.launch({ executablePath: findChromium() ?? '', args: ['--no-sandbox'] })
})
after(async () => {
  if (skip) return
  await browser?.close()
  if (child && child.exitCode === null && child.signalCode === null) {
    child.kill('SIGTERM')
    // until then it writes to its directory
    await once(child, 'exit')
  }
  await rm(directory, { recursive: true, force: true })
})

/** As npm start runs it; answers where the stage is. */
async function openDemo() {
  const server = spawn(process.execPath, [start], { env: { PATH: process.env.PATH, PORT: '0', OPS_PORT: '0', LOG_LEVEL: 'error', BEACON_URLS: 'none', DATA_DIR: join(directory, 'data') } })
  child = server
  let said = ''
  server.stderr.on('data', (text) => {
    said += text
  })
  for await (const line of createInterface({ input: server.stdout })) {
    const url = /^Openrun 오픈런 {2}(http:\S+)/.exec(line)?.[1]
    if (!url) continue
    server.stdout.resume()
    return { server, url, said: () => said }
  }
  return assert.fail(`it ended: ${said}`)
}

/** Two seats together, or one where the crowd has left no two. */
async function takeBest(phone: FrameLocator) {
  const [find, refused] = [phone.locator('.best button[type=submit]'), phone.locator('.answers .notice.bad')]
  await find.click()
  await phone.locator('.checkout').or(refused).first().waitFor()
  if ((await refused.count()) === 0) return
  await phone.locator('.best select').first().selectOption('1')
  await find.click()
}

test('the stage: one press starts a rush of real fans, the server is killed and comes back, I buy two seats, and the audit finds every promise kept', { skip, timeout: 150_000 }, async () => {
  const { server, url, said } = await openDemo()
  const context = await browser.newContext({ viewport: { width: 1_440, height: 1_000 }, locale: 'ko-KR', reducedMotion: 'reduce' })
  context.setDefaultTimeout(60_000)
  const page = await context.newPage()
  const problems: string[] = []
  // while the server is dead nobody answers, and the crowd may have left no two seats together
  watch(page, problems, [/net::ERR_(CONNECTION|EMPTY|INCOMPLETE|SOCKET)/, /^503 /, /^409 POST .*\/holds\/best$/])
  const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  await page.goto(url)
  await page.getByRole('button', { name: '몰려오게 하기' }).waitFor()
  assert.deepEqual(await violationsOf({ axe }, page), [])
  assert.ok(await page.getByRole('button', { name: /서버 죽이기/ }).isDisabled())
  await page.getByRole('button', { name: '몰려오게 하기' }).click()
  const phone = page.frameLocator('iframe')
  await phone.locator('#line h1, .hall').first().waitFor()
  await page.locator('.cue', { hasText: '석이 팔렸고' }).waitFor()
  // first of all: nobody can kill once the crowd is over
  await page.getByRole('button', { name: /서버 죽이기/ }).click()
  await page.locator('.cue', { hasText: '초 만에 돌아왔어요(1번째)' }).waitFor()
  assert.deepEqual(await violationsOf({ axe }, page), [])

  await page.locator('.phone').scrollIntoViewIfNeeded()
  await takeBest(phone)
  await phone.locator('.bar .primary', { hasText: '결제' }).click()
  await phone.getByRole('heading', { level: 1, name: '예매했어요' }).waitFor()

  await page.locator('.audit.sound').waitFor()
  assert.deepEqual(await violationsOf({ axe }, page), [])
  const sheet = await page.locator('.audit dl').innerText()
  assert.match(sheet, /두 번 팔린 좌석\s+0번/)
  assert.match(sheet, /그사이 죽은 서버\s+1번/)
  assert.deepEqual(problems, [])
  await context.close()
  server.kill('SIGTERM')
  const [code] = await once(server, 'exit')
  assert.deepEqual([code, said()], [0, ''])
  await assert.rejects(fetch(url), 'the server ended with the one who watched over it')
})
