import type { Static } from 'typebox'
import type { Live } from '../platform/live.ts'
import { type MapSeat, type SeatDelta, seatChannel, type seatOperations } from './api.ts'
import type { SeatEnv } from './env.ts'
import type { Picture, Pictures, SeatInfo } from './picture.ts'

/** Public codes by status: 0 free, 1 held (held, pinned, returned), 2 sold, 3 blocked. */
const publicCodes = Uint8Array.of(0, 1, 1, 2, 1, 3)

/** Plan and snapshot of a show; who already has this plan version is spared the seats. */
export async function map(env: SeatEnv, { showId, planVersion }: { showId: string; planVersion?: number }): Promise<
  Static<(typeof seatOperations)['map']['output']>
> {
  const picture = await env.pictures.of(showId)
  const has = planVersion === picture.planVersion
  return { showId, version: picture.version, planVersion: picture.planVersion, states: statesOf(picture), seats: has ? [] : planOf(picture.seats), shapes: has ? [] : picture.shapes }
}

export async function version(env: SeatEnv, { showId }: { showId: string }): Promise<{ version: number; planVersion: number }> {
  const picture = await env.pictures.of(showId)
  return { version: picture.version, planVersion: picture.planVersion }
}

/** Copies that tell everybody who watches, in every process, of each version that is committed here. */
export function telling(pictures: Pictures, live: Pick<Live, 'publish'>): Pictures {
  return {
    ...pictures,
    apply: (showId, changes, version) => {
      pictures.apply(showId, changes, version)
      const delta: SeatDelta = { version, changes: changes.map(({ seatId, status }) => [seatId, publicCodes[status] ?? 0]) }
      live.publish(seatChannel(showId), JSON.stringify(delta))
    },
  }
}

const plans = new WeakMap<readonly SeatInfo[], Static<typeof MapSeat>[]>()

function planOf(seats: readonly SeatInfo[]): Static<typeof MapSeat>[] {
  const known = plans.get(seats)
  if (known) return known
  const plan = seats.map(({ id: seatId, section, row, number, grade, kind, attributes }) => {
    return { seatId, section, row, number, grade, kind, attributes }
  })
  plans.set(seats, plan)
  return plan
}

const snapshots = new WeakMap<Picture, { version: number; states: string }>()

/** Base64 of two bits a seat in seat order, the first seat in the lowest bits of the first byte; kept per version. */
export function statesOf(picture: Picture): string {
  const known = snapshots.get(picture)
  if (known?.version === picture.version) return known.states
  const bytes = Buffer.alloc(Math.ceil(picture.states.length / 4))
  for (const [index, state] of picture.states.entries())
    bytes[index >> 2] = (bytes[index >> 2] ?? 0) | ((publicCodes[state] ?? 0) << ((index & 3) * 2))
  const states = bytes.toString('base64')
  snapshots.set(picture, { version: picture.version, states })
  return states
}
