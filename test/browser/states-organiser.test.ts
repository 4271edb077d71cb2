import { checkStates } from './states-check.ts'

checkStates('organiser')
