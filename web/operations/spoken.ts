import { useContext } from 'react'
import { LanguageContext } from '../words/index.ts'
import { en, ko, type OperatorWords } from './words.ts'

export const useOperatorWords = (): OperatorWords => (useContext(LanguageContext) === 'ko' ? ko : en)
