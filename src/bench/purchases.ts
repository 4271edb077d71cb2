import { randomUUID } from 'node:crypto'
import { compose } from '../compose.ts'
import { openRehearsal } from '../gateway/rehearsals.ts'
import { type Database, openPostgres } from '../platform/database.ts'
import { openEmbedded } from '../platform/embedded.ts'
import { createLog } from '../platform/log.ts'
import { createMetrics } from '../platform/metrics.ts'
import { createTokens } from '../platform/token.ts'
import type { PassClaims } from '../seat/api.ts'
import { hundredths, median } from './figures.ts'
import { naivePurchase, prepareNaivePurchase } from './naive-purchase.ts'

const purchases = 3_000
const naivePurchases = 1_000
const together = 256
const naiveConnectionsMax = 20
const passKey = [{ id: 'bench', secret: 'p'.repeat(40) }]
const sessionKey = [{ id: 'bench', secret: 's'.repeat(40) }]

/**
 * Whole purchases, operations only: hold, reserve, pin, debit, sell, confirm, complete, outbox, 256 buyers at once, beside
 * the same done as one transaction a step and purchase. Returns medians per second and their ratio.
 */
export async function measurePurchases(engine: 'pglite' | 'postgres', where: string, runs: number, say: (line: string) => void) {
  const db = engine === 'postgres' ? openPostgres(where, { connectionsMax: naiveConnectionsMax }) : await openEmbedded(where)
  try {
    const system = await openBenchSystem(db)
    const ours: number[] = []
    const naives: number[] = []
    for (let run = 0; run < runs; run++) {
      await prepareNaivePurchase(db, naivePurchases)
      naives.push(await rate(naivePurchases, (n) => naivePurchase(db, n + 1)))
      ours.push(await measureOurs(system))
      say(`${engine} purchase, run ${run + 1}: four transactions ${Math.round(naives[run] ?? 0)}/s, ours ${Math.round(ours[run] ?? 0)}/s`)
    }
    return {
      perSecond: Math.round(median(ours)), fourTransactionsPerSecond: Math.round(median(naives)),
      ratioToFourTransactions: hundredths(median(ours) / median(naives)),
      spread: { fourTransactions: naives.map(Math.round), ours: ours.map(Math.round) },
    }
  } finally {
    await db.close()
  }
}

type BenchSystem = Awaited<ReturnType<typeof openBenchSystem>>

const openBenchSystem = (db: Database) => compose({
  db, now: Date.now, newId: randomUUID, random: Math.random,
  wait: () => new Promise<void>(() => undefined), mail: { send: async () => undefined },
  keys: { session: sessionKey, pass: passKey },
  log: createLog('silent'), metrics: createMetrics(), publicUrl: 'http://bench', queueCap: purchases, holdMs: 300_000,
  rehearsals: false, ready: async () => [],
})

async function measureOurs(system: BenchSystem): Promise<number> {
  const { seat, reservation, payment, wallet, queue } = system.api
  const { showId } = await openRehearsal(system.api, { seats: purchases, by: randomUUID(), now: Date.now() })
  await system.settle()
  const passes = createTokens<PassClaims>('pass', passKey)
  const { windowId } = await queue.frame({ showId })
  const buyers = Array.from({ length: purchases }, () => ({ userId: randomUUID(), sessionId: randomUUID() }))
  await Promise.all(buyers.map(({ userId }) => wallet.topUp({ topUpId: randomUUID(), userId, amount: 1_000_000 })))
  return rate(purchases, async (n) => {
    const who = buyers[n] as { userId: string; sessionId: string }
    const pass = passes.sign({ ...who, showId, windowId, passNo: 1, sections: null, exp: Date.now() + 600_000 })
    const hold = await seat.hold({ ...who, showId, pass, holdId: randomUUID(), seatIds: [n + 1] })
    const reserved = await reservation.create({ userId: who.userId, holdIds: [hold.id] })
    const paid = await payment.pay({ paymentId: randomUUID(), userId: who.userId, reservationId: reserved.id })
    if (paid.status !== 'completed') throw new Error(`a purchase ended ${paid.status} ${paid.refusal}`)
  })
}

/** Runs `count` journeys, `together` at a time, each next one when one ends; answers journeys per second. */
async function rate(count: number, journey: (n: number) => Promise<void>): Promise<number> {
  let next = 0
  const startedAt = performance.now()
  await Promise.all(Array.from({ length: together }, async () => {
    while (next < count) await journey(next++)
  }))
  return count / ((performance.now() - startedAt) / 1_000)
}
