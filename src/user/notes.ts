import { writeAudit } from '../platform/audit.ts'
import { refuse } from '../platform/outcome.ts'
import { userLimits } from './api.ts'
import type { UserEnv } from './sessions.ts'
import { lockUser } from './store.ts'
import { insertNote, noteById, noteCount, notesOf } from './store-notes.ts'

type NewNote = { noteId: string; userId: string; showId: string; text: string; by: string }
type Note = { id: string; at: number; author: string; text: string }

/**
 * Writes a note about a buyer of a show, once; the same id with the same text is that note. The audit says that it was written,
 * not what: it outlives the account. Refuses `user_unknown`, `notes_used_up`, `idempotency_conflict`.
 */
export function note({ db, now }: UserEnv, { noteId: id, userId, showId, text, by: author }: NewNote): Promise<Note> {
  return db.transaction(async (tx) => {
    const user = await lockUser(tx, userId)
    if (!user || user.erasedAt !== null) return refuse('user_unknown')
    const known = await noteById(tx, id)
    if (known) return known.userId === userId && known.showId === showId && known.text === text ? known : refuse('idempotency_conflict')
    if ((await noteCount(tx, userId, showId)) >= userLimits.notesMax) return refuse('notes_used_up', { notesMax: userLimits.notesMax })
    const made = { id, userId, showId, author, text, at: now() }
    await insertNote(tx, made)
    await writeAudit(tx, 'user', [{ actor: author, action: 'buyer.note', target: showId, after: { userId, noteId: id } }], made.at)
    return made
  }).then(({ id: noteId, at, author: writer, text: written }) => ({ id: noteId, at, author: writer, text: written }))
}

export const notes = async ({ db }: UserEnv, { userId, showId }: { userId: string; showId: string }) =>
  ({ notes: await notesOf(db, userId, showId, userLimits.notesMax) })
