import { type ChildProcess, fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import type { WatchReport } from '../crowd/watch.ts'

const processes = 2
const calmMs = 10_000
const settleMs = 2_000
const ticksPerSecond = 100

type Cost = { cpuPercentOfCore: number; rssMb: number }
/** What thousands of watchers see and cost; `server` figures only for a server of our own. */
export type WatchersReport = Omit<WatchReport, 'ageMs' | 'spreadMs'> & {
  ageMs: Figures
  spreadMs: Figures
  fileLimit: string
  server: { before: Cost; watched: Cost; onSale: Cost; kbPerConnection: number } | undefined
}
type Figures = { p50: number; p99: number; max: number }

/**
 * Opens `count` connections to a line from two processes, half of them streams and half askers, and measures the server
 * three times: before them, with them while nothing is sold, and with them through the sale.
 */
export async function openWatchers({ url, showId, count, ranks, seed, serverPid }: { url: string; showId: string; count: number; ranks: number; seed: number; serverPid: number | undefined }) {
  const meter = meterOf(serverPid)
  const before = await meter.during(() => wait(settleMs))
  const children: ChildProcess[] = []
  for (let i = 0; i < processes; i++) {
    const share = Math.floor(count / processes) + (i < count % processes ? 1 : 0)
    const streams = Math.ceil(share / 2)
    children.push(fork(new URL('./watch.ts', import.meta.url), [url, showId, streams, share - streams, ranks, seed + i].map(String)))
  }
  await Promise.all(children.map((child) => once(child, 'message')))
  await wait(settleMs)
  const watched = await meter.during(() => wait(calmMs))
  const onSale = meter.begin()
  return {
    async stop(): Promise<WatchersReport> {
      const sale = onSale()
      const reports = await Promise.all(children.map(async (child) => {
        const [report] = await Promise.all([once(child, 'message'), child.send('stop')])
        return report[0] as WatchReport
      }))
      const sum = (name: keyof WatchReport) => reports.reduce((total, report) => total + Number(report[name]), 0)
      const server = before && watched && sale ? { before, watched, onSale: sale, kbPerConnection: Math.round(((watched.rssMb - before.rssMb) * 1_024 * 10) / count) / 10 } : undefined
      return {
        streams: sum('streams'), pollers: sum('pollers'), frames: Math.min(...reports.map((report) => report.frames)), missed: sum('missed'), lost: sum('lost'),
        polls: sum('polls'), pollErrors: sum('pollErrors'), grew: sum('grew'),
        ageMs: figuresOf(reports.flatMap((report) => report.ageMs)), spreadMs: figuresOf(reports.flatMap((report) => report.spreadMs)),
        fileLimit: spawnSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).stdout.trim(), server,
      }
    },
    kill: () => {
      for (const child of children) child.kill()
    },
  }
}

export const watchersLine = ({ streams, pollers, frames, missed, lost, grew, spreadMs, ageMs, server, fileLimit }: WatchersReport) =>
  `watchers: ${streams} streams and ${pollers} askers, ${frames} frames, missed ${missed}, connections lost ${lost}, positions that grew ${grew}; `
  + `a frame at the last stream ${spreadMs.p99} ms (p99) after the first, ${ageMs.p99} ms after it was true; file limit ${fileLimit}`
  + (server ? `; server ${server.watched.cpuPercentOfCore} % of a core watched (${server.before.cpuPercentOfCore} % before), ${server.onSale.cpuPercentOfCore} % on sale, ${server.kbPerConnection} KB a connection` : '')

function figuresOf(values: number[]): Figures {
  const sorted = Float64Array.from(values).sort()
  const rank = (q: number) => Math.round((sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0) * 10) / 10
  return { p50: rank(0.5), p99: rank(0.99), max: rank(1) }
}

/** Processor time and memory of a process of this machine, from /proc; without one nothing is measured. */
function meterOf(pid: number | undefined) {
  const look = () => {
    if (pid === undefined || process.platform !== 'linux') return undefined
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    const rssKb = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
    return { seconds: (Number(stat[11]) + Number(stat[12])) / ticksPerSecond, rssMb: rssKb / 1_024, at: performance.now() }
  }
  const begin = () => {
    const from = look()
    return (): Cost | undefined => {
      const to = look()
      if (!from || !to) return undefined
      return { cpuPercentOfCore: Math.round(((to.seconds - from.seconds) / ((to.at - from.at) / 1_000)) * 1_000) / 10, rssMb: Math.round(to.rssMb) }
    }
  }
  return {
    begin,
    during: async (act: () => Promise<unknown>) => {
      const end = begin()
      await act()
      return end()
    },
  }
}
