import { useContext } from 'react'
import type { Contradiction } from '../../src/concert/plan-rules.ts'
import { LanguageContext } from '../words/index.ts'
import type { Wrong } from './read-plan.ts'
import type { HallEditorWords } from './words.ts'
import { en } from './words-en.ts'
import { ko } from './words-ko.ts'

/** What is wrong with a file, in words. */
export function wrongText({ wrong: words }: HallEditorWords['files'], wrong: Wrong): string {
  switch (wrong.what) {
    case 'json': return words.json(wrong.detail)
    case 'text': case 'list_length': return words[wrong.what](wrong.max)
    case 'number': case 'whole': return words[wrong.what](wrong.min, wrong.max)
    default: return words[wrong.what]
  }
}

/** What contradicts itself in a plan, in words. */
export function contradictionText({ contradiction: words }: HallEditorWords['findings'], wrong: Contradiction): string {
  switch (wrong.what) {
    case 'section_twice': case 'row_twice': case 'no_reason': case 'reason_of_nothing': return words[wrong.what](wrong.name)
    case 'too_many_seats': case 'too_many_grades': return words[wrong.what](wrong.max)
    case 'mark_beyond': return words.mark_beyond(wrong.name, wrong.seat)
    default: return words[wrong.what]
  }
}

export const useHallEditorWords = () => ({ ko, en })[useContext(LanguageContext)]
