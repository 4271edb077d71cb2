import { useContext } from 'react'
import { LanguageContext } from '../words/index.ts'
import { en, ko, type OrganiserWords } from './words.ts'

export const useOrganiserWords = (): OrganiserWords => (useContext(LanguageContext) === 'ko' ? ko : en)
