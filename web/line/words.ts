import { type Language, language } from '../language.ts'
import type { Words } from './words-ko.ts'

const loaded: Partial<Record<Language, Words>> = {}

/** Each reader loads one language; the other comes when it is chosen. */
export async function loadWords(wanted: Language): Promise<Words> {
  const words = loaded[wanted] ?? (wanted === 'ko' ? (await import('./words-ko.ts')).ko : (await import('./words-en.ts')).en)
  loaded[wanted] = words
  return words
}

const first = await loadWords(language())
export const wordsNow = () => loaded[language()] ?? first
