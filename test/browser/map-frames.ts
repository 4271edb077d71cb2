import { comeTo, openStage } from './stage.ts'

/**
 * `npm run map-frames`: the map with 50,000 seats of which 200 change each second, panned and zoomed for some seconds.
 * Prints what a frame costs the page's thread and how far frames are apart; the seats are the script's, not a database's.
 */
const seatsCount = 50_000
const changesEach = 200
const strokes = 8
const seats = Array.from({ length: seatsCount }, (_, i) => ({
  seatId: i + 1, section: `S${Math.floor(i / 1_000) + 1}`, row: String((Math.floor(i / 40) % 25) + 1), number: String((i % 40) + 1), grade: ['VIP', 'R', 'S'][Math.floor(i / 17_000)] ?? 'S', kind: 'seated', attributes: [],
}))
const states = new Uint8Array(seatsCount / 4)
let version = 1

function nextSnapshot(withPlan: boolean) {
  for (let n = 0; n < changesEach; n++) {
    const i = Math.floor(Math.random() * seatsCount)
    states[i >> 2] = (states[i >> 2] ?? 0) ^ (1 << ((i & 3) * 2))
  }
  return JSON.stringify({ showId: '', version: version++, planVersion: 1, states: Buffer.from(states).toString('base64'), ...(withPlan ? { seats } : {}) })
}

/** Runs in the page: every animation frame's start and how long its callbacks took. */
function watchFrames() {
  const page = globalThis as unknown as { requestAnimationFrame: (run: (at: number) => void) => number; frames: [number, number][] }
  page.frames = []
  const original = page.requestAnimationFrame.bind(page)
  page.requestAnimationFrame = (run) => original((at) => {
    const before = performance.now()
    run(at)
    page.frames.push([at, performance.now() - before])
  })
}

const stage = await openStage()
try {
  const [fan, show] = [await stage.fan(), await stage.show()]
  const visit = await stage.visit({}, [/./])
  const { page } = visit
  await page.addInitScript(watchFrames)
  await page.route(/\/api\/shows\/[^/]+\/seats/, (route) => route.fulfill({ contentType: 'application/json', body: nextSnapshot(!route.request().url().includes('planVersion')) }))
  await comeTo(page, `/shows/${show.showId}/seats`, fan)
  await page.locator('canvas[data-camera]').waitFor()
  for (const [name, zooms] of [['whole hall, as blocks', 0], ['sections, as pictures', 4], ['seats, one by one', 12]] as const) {
    const box = await page.locator('canvas').boundingBox()
    if (!box) throw new Error('no canvas')
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2]
    await page.mouse.move(x, y)
    for (let n = 0; n < zooms / 2; n++) await page.mouse.wheel(0, -120)
    await page.evaluate('frames.length = 0')
    await page.mouse.down()
    for (let n = 0; n < strokes; n++) await page.mouse.move(x + Math.sin(n / 3) * 200, y + Math.cos(n / 4) * 120, { steps: 6 })
    await page.mouse.up()
    report(name, await page.evaluate<[number, number][]>('frames'))
  }
  await visit.context.close()
} finally {
  await stage.close()
}

function report(name: string, frames: [at: number, tookMs: number][]) {
  const at = (values: number[], share: number) => (values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? 0).toFixed(1)
  const took = frames.map(([, ms]) => ms)
  const apart = frames.slice(1).map(([start], i) => start - (frames[i]?.[0] ?? start))
  process.stdout.write(`${name.padEnd(24)} ${String(frames.length).padStart(4)} frames  drawing median ${at(took, 0.5)} ms, p95 ${at(took, 0.95)} ms  apart median ${at(apart, 0.5)} ms, p95 ${at(apart, 0.95)} ms\n`)
}
