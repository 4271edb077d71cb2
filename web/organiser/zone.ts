const parts = new Map<string, Intl.DateTimeFormat>()

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = parts.get(zone) ?? new Intl.DateTimeFormat('sv-SE', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' })
  parts.set(zone, known)
  return known
}

/** What a clock in the zone shows, as `datetime-local` wants it: YYYY-MM-DDTHH:mm. */
export const localOf = (instant: string | number, zone: string) => formatOf(zone).format(new Date(instant)).replace(' ', 'T').slice(0, 16)

/** Milliseconds the zone is ahead of UTC at an instant. */
const aheadMs = (ms: number, zone: string) => Date.parse(`${formatOf(zone).format(ms).replace(' ', 'T')}Z`) - Math.floor(ms / 1_000) * 1_000

/**
 * The instant at which a clock in the zone shows this; undefined for what is no time or is skipped there by summer time. Of an
 * hour that comes twice the first is meant.
 */
export function instantOf(local: string, zone: string): number | undefined {
  const utc = Date.parse(`${local}Z`)
  if (!Number.isFinite(utc)) return undefined
  // the two sides of a change of clocks; the earlier instant first
  const candidates = [utc - 86_400_000, utc + 86_400_000].map((near) => utc - aheadMs(near, zone)).sort((a, b) => a - b)
  return candidates.find((instant) => localOf(instant, zone) === local.slice(0, 16))
}

export const zones = (): string[] => [...new Set(['Asia/Seoul', 'UTC', Intl.DateTimeFormat().resolvedOptions().timeZone, ...Intl.supportedValuesOf('timeZone')])]
