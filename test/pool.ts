import { run } from 'node:test'
import { spec } from 'node:test/reporters'

/** A test file and the engine of the database it runs on, with what differs from this process's environment. */
export type Job = { file: string; engine: string; environment: Record<string, string | undefined> }
export type PoolLimits = { fileConcurrency: number; testMsMax: number; fileMsMax: number }

type Event = { type: string; data: object & { file?: string; counts?: Counts; success?: boolean } }
type Counts = Record<'tests' | 'passed' | 'failed' | 'cancelled' | 'skipped' | 'todo', number>
type Report = { events: Event[]; counts: Counts; success: boolean; seconds: number }

const nothing: Counts = { tests: 0, passed: 0, failed: 0, cancelled: 0, skipped: 0, todo: 0 }

/**
 * Runs test files, each in a process of its own, some at a time, begun in this order; those that run together have ports of their own. A file is reported when it has
 * ended, in one piece. A test that passes `testMsMax` fails; a file that passes `fileMsMax`, as one that leaves something
 * open does, is killed and fails. Answers what failed.
 */
export async function runPool(jobs: Job[], { fileConcurrency, testMsMax, fileMsMax }: PoolLimits, output: NodeJS.WritableStream = process.stdout): Promise<Job[]> {
  const reporter = new spec()
  reporter.pipe(output)
  const startedAt = performance.now()
  const failed: Job[] = []
  const total = { ...nothing }
  const waiting = [...jobs]
  async function work(_: unknown, lane: number) {
    const environment = { FREE_PORTS: `${lane + 1}/${fileConcurrency}` }
    for (let job = waiting.shift(); job; job = waiting.shift()) {
      const { events, counts, success, seconds } = await runJob({ ...job, environment: { ...environment, ...job.environment } }, testMsMax, fileMsMax)
      for (const name of Object.keys(total) as (keyof Counts)[]) total[name] += counts[name]
      // a suite that fails is in no count
      if (!success || counts.failed + counts.cancelled > 0 || counts.tests === 0) failed.push(job)
      reporter.write({ type: 'test:stdout', data: { file: job.file, message: `\n--- ${job.file} on ${job.engine}: ${seconds.toFixed(1)} s ---\n` } })
      for (const event of events) reporter.write(event)
    }
  }
  await Promise.all(Array.from({ length: fileConcurrency }, work))
  const { passed: pass, failed: fail, ...others } = total
  const words = { ...others, pass, fail, duration_ms: Math.round(performance.now() - startedAt) } // as node:test says it
  for (const [name, value] of Object.entries(words)) reporter.write({ type: 'test:diagnostic', data: { nesting: 0, message: `${name} ${value}`, level: 'info' } })
  // what failed is shown again at the end of everything
  reporter.end({ type: 'test:summary', data: { counts: total, success: failed.length === 0 } })
  await new Promise((resolve) => reporter.once('end', resolve))
  return failed
}

async function runJob({ file, environment }: Job, testMsMax: number, fileMsMax: number): Promise<Report> {
  const startedAt = performance.now()
  const ending = AbortSignal.timeout(fileMsMax)
  const env = Object.fromEntries(Object.entries({ ...process.env, ...environment }).filter(([, value]) => value !== undefined)) as Record<string, string>
  const events: Event[] = []
  let counts = nothing
  let success = false
  for await (const event of run({ files: [file], concurrency: 1, timeout: testMsMax, signal: ending, env }) as AsyncIterable<Event>) {
    // what is said of no file is of this run of one file: the pool says it of all
    if (event.type === 'test:summary' && event.data.file === undefined) {
      counts = event.data.counts ?? nothing
      success = event.data.success ?? false
    } else if (event.type !== 'test:diagnostic' || event.data.file !== undefined) events.push(event)
  }
  return { events, counts, success, seconds: (performance.now() - startedAt) / 1_000 }
}
