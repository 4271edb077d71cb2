import { concertLimits } from './api.ts'
import { refuse } from '../platform/outcome.ts'

/** What search compares: canonical composition, lower case, single spaces. Idempotent. */
export function normalised(text: string): string {
  const lower = text.normalize('NFC').toLowerCase().normalize('NFC')
  // the lower case of Σ depends on what follows, so one of its two forms is kept
  return lower.replaceAll('ς', 'σ').replace(/\s+/gu, ' ').trim()
}

/** Every two neighbouring characters, each pair once: a text holds another only if it holds all its pairs. */
export function bigramsOf(text: string): string[] {
  const characters = [...text]
  const pairs = new Set<string>()
  for (let i = 1; i < characters.length; i++) pairs.add(`${characters[i - 1]}${characters[i]}`)
  return [...pairs]
}

/** The title to look for; undefined when blank. One character would need a scan: refuses `request_invalid`. */
export function wantedTitle(title: string | undefined): string | undefined {
  const wanted = normalised(title ?? '')
  if (wanted === '') return undefined
  if ([...wanted].length < concertLimits.searchMin) return refuse('request_invalid', { detail: 'title needs two characters' })
  return wanted
}
