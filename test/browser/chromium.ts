import { existsSync } from 'node:fs'

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** The browser of this machine, or undefined: tests in it are then skipped, and the run says so. */
export const findChromium = (): string | undefined => [process.env.CHROMIUM, ...places].find((path) => path !== undefined && existsSync(path))
