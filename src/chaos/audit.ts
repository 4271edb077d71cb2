import { createHash } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { type ServiceName, serviceNames } from '../services.ts'
import { verifyProcesses } from '../verify-processes.ts'
import type { Told } from '../crowd/record.ts'
import type { ChaosCrowd, Round } from './crowd.ts'
import type { ChaosSystem } from './system.ts'
import type { Tap } from './tap.ts'

/** `found` has what is wrong, at most `shownMax` of `count`. */
export type Check = { name: string; count: number; found: unknown[] }
export type LineHash = { windowId: string; last: number; hash: string }

const shownMax = 10
const drainMs = 120_000
const drainPollMs = 500
const verifyPauseMs = 300

/** Which events each service listens to. */
export const hears: Record<ServiceName, string[]> = {
  user: [],
  concert: ['seat.emptied', 'seat.occupied', 'queue.emptied', 'queue.occupied', 'seat.stock', 'user.erased'],
  wallet: ['user.registered', 'user.erased'],
  seat: ['show.published', 'show.windows_changed', 'show.closing', 'show.cancelled', 'show.paused', 'show.resumed', 'reservation.cancelled'],
  queue: ['show.published', 'show.windows_changed', 'show.withdrawn', 'show.cancelled', 'show.paused', 'show.resumed', 'seat.stock', 'reservation.confirmed', 'user.erased'],
  reservation: ['seat.hold_ended', 'show.cancelled'],
  payment: ['reservation.cancelled', 'show.paused', 'show.resumed', 'show.cancelled', 'show.withdrawn'],
}

export const checkOf = (name: string, found: unknown[]): Check => ({ name, count: found.length, found: found.slice(0, shownMax) })
const hashOf = (rows: { number: number; userId: string }[]) => createHash('sha256').update(rows.map(({ number, userId }) => `${number} ${userId}`).join('\n')).digest('hex')

type Place = { showId: string; windowId: string; number: number; userId: string }
const placesOf = async ({ rows }: ChaosSystem) => (await rows<Place & { number: string }>(`
  select l.show_id as "showId", p.window_id as "windowId", p.number, p.user_id as "userId"
  from queue.places p join queue.lines l using (window_id) order by p.window_id, p.number`)).map((row) => ({ ...row, number: Number(row.number) }))

/** The order of every line as it stands now: places are only ever added behind. */
export async function hashLines(system: ChaosSystem): Promise<LineHash[]> {
  const lines = Map.groupBy(await placesOf(system), ({ windowId }) => windowId)
  return [...lines].map(([windowId, places]) => ({ windowId, last: places.length, hash: hashOf(places) }))
}

/** Waits until nothing is on its way any more: outboxes empty, every payment, refund and top-up ended. Answers what is left. */
export async function drain({ rows }: ChaosSystem): Promise<Record<string, number>> {
  const counts = [
    ...serviceNames.map((name) => `select 'outbox of ${name}' as what, count(*)::int as count from "${name}".outbox`),
    `select 'pending payments', count(*)::int from payment.payments where status = 'pending'`,
    `select 'pending refunds', count(*)::int from payment.refunds where status = 'pending'`,
    `select 'pending top-ups', count(*)::int from wallet.topups where status = 'pending'`,
  ].join(' union all ')
  for (const startedAt = performance.now(); ; await wait(drainPollMs)) {
    const left = (await rows<{ what: string; count: number }>(counts)).filter(({ count }) => count > 0)
    if (left.length === 0 || performance.now() - startedAt > drainMs) return Object.fromEntries(left.map(({ what, count }) => [what, count]))
  }
}

type Evidence = { system: ChaosSystem; crowd: ChaosCrowd; tap: Tap; hashes: LineHash[]; left: Record<string, number> }

/** Everything that must hold when all is healed and drained. */
export async function auditAll({ system, crowd, tap, hashes, left }: Evidence): Promise<Check[]> {
  const { rounds } = crowd
  const places = await placesOf(system)
  return [
    checkOf('opened', crowd.notOpened),
    checkOf('crowd', rounds.flatMap(({ record }) => record.unexpected)),
    checkOf('sold_twice', rounds.flatMap(({ record, showId }) => [...record.bought].filter(([, payments]) => payments.length > 1).map(([seatId]) => ({ showId, seatId })))),
    checkOf('places', lostPlaces(rounds, places)),
    checkOf('lines', changedLines(hashes, places)),
    checkOf('holds', await lostHolds(system, rounds)),
    checkOf('payments', await lostPayments(system, rounds)),
    checkOf('ended_passes', rounds.flatMap(({ showId, endedPasses }) => endedPasses.admitted.map((holdId) => ({ showId, holdId })))),
    checkOf('terminal', Object.entries(left).filter(([what]) => what.startsWith('pending'))),
    checkOf('outbox', Object.entries(left).filter(([what]) => what.startsWith('outbox'))),
    checkOf('parked', await parked(system)),
    checkOf('heard', await stillUnheard(system, tap)),
    checkOf('shows_agree', await disagreeing(system)),
    checkOf('crashes', system.deaths),
    checkOf('verify', await verified(system)),
  ]
}

function toldOf<K extends Told['kind']>(rounds: Round[], kind: K) {
  return rounds.flatMap(({ told, userOf, showId }) => told.filter((each): each is Extract<Told, { kind: K }> => each.kind === kind)
    .map((each) => ({ ...each, showId, userId: userOf.get(each.token) ?? '' })))
}

function lostPlaces(rounds: Round[], places: Place[]): unknown[] {
  const kept = new Set(places.map(({ showId, number, userId }) => `${showId} ${number} ${userId}`))
  return toldOf(rounds, 'place').filter(({ showId, number, userId }) => !kept.has(`${showId} ${number} ${userId}`)).map(({ token: _, ...rest }) => rest)
}

function changedLines(hashes: LineHash[], places: Place[]): unknown[] {
  const lines = Map.groupBy(places, ({ windowId }) => windowId)
  return hashes.filter(({ windowId, last, hash }) => hashOf((lines.get(windowId) ?? []).slice(0, last)) !== hash)
}

async function lostHolds({ rows }: ChaosSystem, rounds: Round[]): Promise<unknown[]> {
  const told = toldOf(rounds, 'hold')
  const kept = new Set((await rows<{ id: string; userId: string }>('select id, user_id as "userId" from seat.holds')).map(({ id, userId }) => `${id} ${userId}`))
  return told.filter(({ id, userId }) => !kept.has(`${id} ${userId}`)).map(({ token: _, ...rest }) => rest)
}

/** Who was told that they have paid must have the payment, and each seat in their name. */
async function lostPayments({ rows }: ChaosSystem, rounds: Round[]): Promise<unknown[]> {
  const paid = new Set((await rows<{ id: string; userId: string }>(`select id, user_id as "userId" from payment.payments where status = 'completed'`)).map(({ id, userId }) => `${id} ${userId}`))
  const sold = new Set((await rows<{ showId: string; id: number; reservationId: string }>(
    'select show_id as "showId", id, reservation_id as "reservationId" from seat.seats where status = 3')).map((seat) => `${seat.showId} ${seat.id} ${seat.reservationId}`))
  return toldOf(rounds, 'payment').filter(({ id, userId, showId, seatIds, reservationId }) =>
    !paid.has(`${id} ${userId}`) || !seatIds.every((seatId) => sold.has(`${showId} ${seatId} ${reservationId}`))).map(({ token: _, ...rest }) => rest)
}

const parked = ({ rows }: ChaosSystem) => rows(serviceNames.map((name) =>
  `select '${name}' as subscriber, producer, key, version, name, error from "${name}".parked`).join(' union all '))

/** What was told over Kafka and a service that listens to it has not passed, however long it is given. */
async function stillUnheard(system: ChaosSystem, tap: Tap): Promise<unknown[]> {
  for (const startedAt = performance.now(); ; await wait(drainPollMs)) {
    const missing = await unheard(system, tap)
    if (missing.length === 0 || performance.now() - startedAt > drainMs) return missing
  }
}

async function unheard({ rows }: ChaosSystem, tap: Tap): Promise<unknown[]> {
  const events = tap.events()
  const missing: unknown[] = []
  for (const subscriber of serviceNames) {
    const kept = await rows<{ producer: string; key: string; version: string }>(`select producer, key, version from "${subscriber}".inbox`)
    const passed = new Map(kept.map(({ producer, key, version }) => [`${producer} ${key}`, Number(version)]))
    for (const { producer, name, key, version } of events)
      if (hears[subscriber].includes(name) && (passed.get(`${producer} ${key}`) ?? 0) < version) missing.push({ subscriber, producer, name, key, version })
  }
  return missing
}

/** A show is paused for everybody or for nobody. */
const disagreeing = ({ rows }: ChaosSystem) => rows(`
  select c.id as show_id, c.paused_at as concert, s.paused_at as seat, q.paused_at as queue
  from concert.shows c join seat.shows s on s.show_id = c.id join queue.shows q on q.show_id = c.id
  where c.status = 'published' and ((c.paused_at is null) <> (s.paused_at is null) or (c.paused_at is null) <> (q.paused_at is null))`)

async function verified({ services }: ChaosSystem): Promise<unknown[]> {
  const { violations, errors, checks } = await verifyProcesses(services.opsUrls, { now: Date.now, pause: () => wait(verifyPauseMs) })
  return [...violations, ...errors, ...(checks === 0 ? ['nothing was checked'] : [])]
}
