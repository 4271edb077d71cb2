import { setTimeout as wait } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { phone } from './scene.ts'

export const sizes = { phone, desktop: { width: 1_440, height: 900 } } as const
export type Size = keyof typeof sizes
export type Light = 'light' | 'dark'

/** a canvas follows its size a frame later; a page without scripts never says so */
const drawn = 'new Promise((seen) => requestAnimationFrame(() => requestAnimationFrame(seen)))'
const drawnMsMax = 300

/** Shows the page as it stands in another light and size. */
export async function show(page: Page, size: { width: number; height: number }, light: Light) {
  await page.emulateMedia({ colorScheme: light })
  await page.setViewportSize(size)
  await Promise.race([page.evaluate(drawn).catch(() => undefined), wait(drawnMsMax)])
}
