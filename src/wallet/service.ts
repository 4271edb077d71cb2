import { batched } from '../platform/batch.ts'
import type { Database, Tx } from '../platform/database.ts'
import type { Envelope } from '../platform/events.ts'
import { refuse } from '../platform/outcome.ts'
import type { Service, Surroundings } from '../platform/service.ts'
import type { TopUp, walletOperations } from './api.ts'
import { createCallbacks } from './callbacks.ts'
import { payOutClosed } from './closing.ts'
import { createDriver, type Driver, topUps, withdrawals } from './errands.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { debitMany, refundMany, voidMany } from './payments.ts'
import type { Provider } from './provider.ts'
import { closeWallets, entriesOf, insertAccounts, salesBalance, walletOf, walletStates } from './store-accounts.ts'
import { type Errand, type ErrandTable, errandsOf, pendingTopUpsOf } from './store-errands.ts'
import { type Begun, beginTopUps, beginWithdrawal, type TopUpInput, type WithdrawInput } from './topups.ts'

const pendingTopUpsMax = 20
const driveEveryMs = 500

/** Prepaid money, double entry. `provider` is the way in and out; one lane per process decides each kind of movement. */
export function createWallet({ db, now, newId, random, provider }: Surroundings & { db: Database; provider: Provider }): Service<typeof walletOperations> {
  const ledger = createLedger(db, now)
  const topUpDriver = createDriver(ledger, provider, random, topUps)
  const withdrawalDriver = createDriver(ledger, provider, random, withdrawals)
  const callback = createCallbacks(db, { topups: topUpDriver, withdrawals: withdrawalDriver })
  const beginTopUp = batched((inputs: TopUpInput[]) => beginTopUps(ledger, provider, inputs))
  return {
    api: {
      debit: batched((inputs) => debitMany(ledger, inputs)),
      void: batched((inputs) => voidMany(ledger, inputs)),
      refund: batched((inputs) => refundMany(ledger, inputs)),
      topUp: async (input) => drive(topUpDriver, await beginTopUp(input)),
      topUpOf: async (input) => shown((await ownErrand(db, 'topups', input.topUpId, input.userId)) ?? refuse('top_up_not_found')),
      pendingTopUps: async ({ userId }) => ({ topUps: (await pendingTopUpsOf(db, userId, pendingTopUpsMax)).map(shown) }),
      withdraw: async (input: WithdrawInput) => drive(withdrawalDriver, await beginWithdrawal(ledger, provider, input)),
      withdrawalOf: async (input) =>
        shown((await ownErrand(db, 'withdrawals', input.withdrawalId, input.userId)) ?? refuse('withdrawal_unknown')),
      callback,
      balance: batched((inputs) => balances(ledger, inputs)),
      salesBalance: async ({ showId }) => ({ balance: await salesBalance(db, showId) }),
      entries: async ({ userId, before, limit }) => ({
        entries: await entriesOf(db, userId, before ?? Number.MAX_SAFE_INTEGER, limit),
      }),
    },
    on: {
      'user.registered': (tx, events) => insertAccounts(tx, userIdsOf(events).map(walletOf)),
      'user.erased': (tx: Tx, events) => closeWallets(tx, userIdsOf(events), now()),
    },
    jobs: [
      { name: 'wallet.top-ups', everyMs: driveEveryMs, run: topUpDriver.driveDue },
      { name: 'wallet.withdrawals', everyMs: driveEveryMs, run: withdrawalDriver.driveDue },
      { name: 'wallet.pay-outs', everyMs: driveEveryMs, run: () => payOutClosed(ledger, provider, newId) },
    ],
  }
}

/** Who made it asks the provider once and waits for that; a repeat shows how far it is, and asks if that is due. */
async function drive(driver: Driver, { errand, fresh }: Begun): Promise<TopUp> {
  return shown(await (fresh ? driver.attempt(errand) : driver.goOn(errand)))
}

const shown = ({ ref, amount, status, createdAt }: Errand): TopUp => ({ id: ref, amount, status, createdAt })

async function ownErrand(db: Database, table: ErrandTable, ref: string, userId: string): Promise<Errand | undefined> {
  const errand = [...(await errandsOf(db, table, [ref])).values()][0]
  return errand?.userId === userId ? errand : undefined
}

async function balances(ledger: Ledger, inputs: { userId: string }[]) {
  const userIds = [...new Set(inputs.map((input) => input.userId))]
  await ledger.open(userIds.map(walletOf))
  const states = await walletStates(ledger.db, userIds)
  return inputs.map(({ userId }) => ({ balance: states.get(userId)?.balance ?? 0, currency: 'KRW' as const }))
}

/** The key of a user's events is the user's id. */
const userIdsOf = (events: Envelope[]) => events.map((event) => event.key)
