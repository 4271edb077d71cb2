import type { LiveShow, Verified } from '../../src/gateway/war-room.ts'
import { clock } from '../language.ts'
import type { OperatorWords } from './words.ts'

const busyMs = 200
export type Said = { text: string; isFine: boolean }

/** The first line of the war room: the state, then the one thing that is wrong, if anything is. */
export function sentenceOf({ line, seats, process }: LiveShow, { verified, soldPerSecond, now, words }: { verified: Verified | null | undefined; soldPerSecond: number | undefined; now: number; words: OperatorWords }): Said {
  const { sentence: say, reasons } = words
  const state: string[] = []
  if (line.phase === 'closed') state.push(say.closed)
  else if (line.paused) state.push(say.paused)
  else if (line.phase !== 'open') state.push(say.opens(clock(Date.parse(line.opensAt) - now)), ...(line.joined > 0 ? [say.lobby(line.joined)] : []))
  else {
    state.push(say.onSale(spent(now - Date.parse(line.opensAt))))
    if (seats?.availability === 'sold_out') state.push(say.soldOut)
    else if (seats && soldPerSecond !== undefined && soldPerSecond > 0) state.push(say.perSecond(soldPerSecond.toFixed(soldPerSecond < 10 ? 1 : 0)), ...soldOut(seats.available, soldPerSecond, words))
  }
  const wrong = wrongOf({ verified, process, words, reason: line.paused ? null : line.reason, reasons })
  return { text: [...state, wrong ?? (verified === undefined ? say.checking : say.fine)].join(' · '), isFine: wrong === undefined }
}

function wrongOf({ verified, process, words: { sentence: say }, reason, reasons }: { verified: Verified | null | undefined; process: LiveShow['process']; words: OperatorWords; reason: string | null; reasons: Record<string, string> }): string | undefined {
  if (verified && verified.violations.length > 0) return say.broken(verified.violations.length)
  if (verified === null || (verified && verified.errors.length > 0)) return say.unknown
  if (reason !== null && reason !== 'returns' && reason !== 'slowed: seats') return reasons[reason] ?? reason
  return process.loopLagMs > busyMs ? say.busy : undefined
}

function soldOut(available: number, perSecond: number, { sentence: say }: OperatorWords): string[] {
  const minutes = Math.ceil(available / perSecond / 60)
  return minutes >= 1 && minutes <= 120 ? [say.soldOutIn(minutes)] : []
}

/** Hours only where there are any. */
function spent(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000))
  const hours = Math.floor(seconds / 3_600)
  const rest = `${String(Math.floor((seconds % 3_600) / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`
  return hours > 0 ? `${hours}:${rest}` : rest
}
