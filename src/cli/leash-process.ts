import { setTimeout as wait } from 'node:timers/promises'
import type { Word } from './leash.ts'

/** How long they have to end in order; a frozen one, or one that does not listen, is killed then. */
const graceMs = 5_000
const pollMs = 50
const held = new Set<number>()

process.on('message', (word: Word) => {
  if ('hold' in word) held.add(word.hold)
  else held.delete(word.release)
})
process.once('disconnect', async () => {
  signalAll('SIGTERM')
  for (let waited = 0; waited < graceMs && held.size > 0; waited += pollMs) {
    await wait(pollMs)
    signalAll(0)
  }
  signalAll('SIGKILL')
})

/** Forgets who is gone. */
function signalAll(signal: NodeJS.Signals | 0) {
  for (const pid of held) {
    try {
      process.kill(pid, signal)
    } catch {
      held.delete(pid)
    }
  }
}
