import { randomUUID } from 'node:crypto'
import { openPostgres } from '../src/platform/database.ts'
import { startJobs } from '../src/platform/jobs.ts'
import { createLog } from '../src/platform/log.ts'
import { createMetrics } from '../src/platform/metrics.ts'
import { createMemoryLive } from '../src/platform/live.ts'
import { createSigner } from '../src/platform/signature.ts'
import { createTokens } from '../src/platform/token.ts'
import type { WorkClaims } from '../src/queue/api.ts'
import { createQueue } from '../src/queue/service.ts'
import type { PassClaims } from '../src/seat/api.ts'

/** One of several processes that admit: only the queue's jobs, on a shared database. Says "ready", and each failed job. */
const [url = '', idleMs = '1000'] = process.argv.slice(2)
const db = openPostgres(url, { connectionsMax: 2, idleInTransactionMs: Number(idleMs) })
const keys = [{ id: 't', secret: 'a test secret of some length' }]
const queue = createQueue({
  db, passes: createTokens<PassClaims>('pass', keys), works: createTokens<WorkClaims>('work', keys), signer: createSigner('frame', keys), live: createMemoryLive(),
  seat: { endPass: async () => ({ used: false }), quota: async () => ({ seats: 0, sold: 0, seatsMax: 4 }), clocks: async () => ({ holds: 0 }), stock: async () => ({ stocks: [] }) },
  now: Date.now, newId: randomUUID, random: Math.random, metrics: createMetrics(), log: createLog('silent'),
})
const jobs = startJobs((queue.jobs ?? []).filter(({ name }) => ['queue.admit', 'queue.endings'].includes(name)), {
  onError: (name) => process.stdout.write(`failed ${name}\n`),
})
process.stdout.write('ready\n')
process.on('SIGTERM', () => void jobs.stop().then(() => db.close()))
