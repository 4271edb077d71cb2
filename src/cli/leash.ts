import { type ChildProcess, spawn } from 'node:child_process'

/** What the parent tells the process that holds the leash. */
export type Word = { hold: number } | { release: number }

const keeper = new URL('./leash-process.ts', import.meta.url).pathname
let holder: ChildProcess | undefined

/**
 * Lets a child end with this process, however this one ends: kill -9 gives nobody time to end its children, and one in a
 * group of its own hears of nothing. A small process holds the leash: the channel to it breaks with this process.
 */
export function leash(child: ChildProcess): void {
  const { pid } = child
  if (pid === undefined) return
  holder ??= start()
  tell({ hold: pid })
  child.once('exit', () => tell({ release: pid }))
}

function start(): ChildProcess {
  // detached: Ctrl-C is for the parent. Its end is not waited for, nor does it keep anybody
  const next = spawn(process.execPath, [keeper], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], detached: true })
  next.unref()
  next.channel?.unref()
  return next
}

function tell(word: Word) {
  if (holder?.connected) holder.send(word)
}
