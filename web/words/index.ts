import { createContext, useContext } from 'react'
import { type Language, language } from '../language.ts'
import { en } from './en.ts'
import { ko, type Words } from './ko.ts'

export type { Words }

const dictionaries: Record<Language, Words> = { ko, en }
export const wordsOf = (wanted: Language): Words => dictionaries[wanted]
/** Changes when the reader changes the language, so that every sentence is drawn anew. */
export const LanguageContext = createContext<Language>(language())
export const useWords = () => wordsOf(useContext(LanguageContext))
