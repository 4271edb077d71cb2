import { useContext } from 'react'
import { LanguageContext } from '../words/index.ts'
import { en, ko, type SalesWords } from './sales-words.ts'

export const useSalesWords = (): SalesWords => (useContext(LanguageContext) === 'ko' ? ko : en)
