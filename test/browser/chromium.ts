import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** The browser of this machine, or undefined: tests in it are then skipped, and the run says so. */
export const findChromium = (): string | undefined => [process.env.CHROMIUM, ...places].find((path) => path !== undefined && existsSync(path))

/** A page's document once its scripts are done, without a driver. */
export async function domOf(url: string): Promise<string> {
  const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--virtual-time-budget=20000']
  const { stdout } = await promisify(execFile)(findChromium() ?? '', [...flags, '--dump-dom', url], { timeout: 90_000, maxBuffer: 10_000_000 })
  return stdout
}
