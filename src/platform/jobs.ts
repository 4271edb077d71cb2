import { setTimeout as sleep } from 'node:timers/promises'

/** Work that repeats; `everyMs` counts from the end of one run to the start of the next. */
export type Job = { name: string; everyMs: number; run(): Promise<unknown> }

export type JobOptions = {
  onError(name: string, error: unknown): void
  onRun?(name: string, seconds: number): void
}

/** What a job found, one after the other; what fails is thrown when the others are done, so that it stops none of them. */
export async function doEach<T>(items: Iterable<T>, act: (item: T) => Promise<unknown>): Promise<void> {
  const failures: unknown[] = []
  for (const item of items) await act(item).catch((error: unknown) => failures.push(error))
  if (failures.length > 0) throw failures[0]
}

/** The same job, never beside itself whoever runs it: who asks while it runs waits, and then it looks anew. */
export function inTurn(job: Job): Job {
  let last: Promise<unknown> = Promise.resolve()
  const run = () => {
    last = last.catch(() => undefined).then(() => job.run())
    return last
  }
  return { ...job, run }
}

/** Runs each job at once and then again and again, never beside itself. Errors are reported and change nothing. */
export function startJobs(jobs: Job[], { onError, onRun }: JobOptions): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const { signal } = stopping

  async function repeat(job: Job) {
    while (!signal.aborted) {
      const startedAt = performance.now()
      try {
        await job.run()
      } catch (error) {
        onError(job.name, error)
      }
      onRun?.(job.name, (performance.now() - startedAt) / 1000)
      if (!signal.aborted) await sleep(job.everyMs, undefined, { signal }).catch(() => undefined)
    }
  }

  const running = jobs.map(repeat)
  return {
    async stop() {
      stopping.abort()
      await Promise.all(running)
    },
  }
}
