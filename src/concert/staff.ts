import type { Static } from 'typebox'
import { writeAudit } from '../platform/audit.ts'
import type { Tx } from '../platform/database.ts'
import type { Envelope } from '../platform/events.ts'
import { refuse } from '../platform/outcome.ts'
import { concertLimits, type concertOperations } from './api.ts'
import { readable } from './concerts.ts'
import { changeConcert, type ConcertEnv, owns, refuseWhileClosing } from './rules.ts'
import { deleteStaff, deleteStaffOfUsers, insertStaff, readStaff } from './store-organiser.ts'

type Inputs = { [Name in keyof typeof concertOperations]: Static<(typeof concertOperations)[Name]['input']> }

/** Refuses `concert_unknown` to who does not own the concert. */
export async function staffOf(env: ConcertEnv, { by, concertId }: Inputs['staff']) {
  const { organiserId } = await readable(env, concertId)
  if (!owns(by, organiserId)) refuse('concert_unknown')
  return { staff: await readStaff(env.db, concertId) }
}

/** Named already: as it is. The concert's row is locked, so the limit is exact. */
export async function addStaff(env: ConcertEnv, { by, concertId, userId }: Inputs['addStaff']) {
  return changeConcert(env, by, concertId, async (tx, concert) => {
    refuseWhileClosing(concert)
    const now = env.now()
    if (await insertStaff(tx, { concertId, userId, by: by.userId }, now))
      await writeAudit(tx, 'concert', [{ actor: by.userId, action: 'staff.add', target: concertId, after: { userId } }], now)
    const staff = await readStaff(tx, concertId)
    if (staff.length > concertLimits.staffMax) refuse('request_invalid', { detail: `a concert has at most ${concertLimits.staffMax} staff` })
    return { staff }
  })
}

/** Not named: as it is. */
export async function removeStaff(env: ConcertEnv, { by, concertId, userId }: Inputs['removeStaff']) {
  return changeConcert(env, by, concertId, async (tx) => {
    if (await deleteStaff(tx, { concertId, userId }))
      await writeAudit(tx, 'concert', [{ actor: by.userId, action: 'staff.remove', target: concertId, before: { userId } }], env.now())
    return { staff: await readStaff(tx, concertId) }
  })
}

/** Who erased the account is nobody's staff; the audit keeps the id. */
export const onErased = async (tx: Tx, events: Envelope[]) => {
  await deleteStaffOfUsers(tx, events.map(({ data }) => (data as { userId: string }).userId))
}
