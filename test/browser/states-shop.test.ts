import { checkStates } from './states-check.ts'

checkStates('shop')
