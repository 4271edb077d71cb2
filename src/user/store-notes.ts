import sql from 'sql-template-tag'
import { at, type Reader, type Tx } from '../platform/database.ts'

export type NoteRow = { id: string; userId: string; showId: string; author: string; text: string; at: number }

export const insertNote = (tx: Tx, { id, userId, showId, author, text, at: written }: NoteRow) =>
  tx.rows(sql`
    insert into "user".notes (id, user_id, show_id, author, text, at)
    values (${id}, ${userId}, ${showId}, ${author}, ${text}, ${at(written)})`)

export async function noteById(tx: Tx, id: string): Promise<NoteRow | undefined> {
  const [row] = await tx.rows<NoteRow>(sql`
    select id, user_id as "userId", show_id as "showId", author, text, at from "user".notes where id = ${id}`)
  return row
}

export async function noteCount(tx: Tx, userId: string, showId: string): Promise<number> {
  const [row] = await tx.rows<{ count: number }>(sql`select count(*)::int as count from "user".notes where user_id = ${userId} and show_id = ${showId}`)
  return row?.count ?? 0
}

/** Newest first, with the name of who wrote it as it is now. */
export const notesOf = (db: Reader, userId: string, showId: string, limit: number) =>
  db.rows<{ id: string; at: number; author: string; authorName: string; text: string }>(sql`
    select n.id, n.at, n.author, u.name as "authorName", n.text from "user".notes n join "user".users u on u.id = n.author
    where n.user_id = ${userId} and n.show_id = ${showId} order by n.at desc, n.id desc limit ${limit}::int`)

/** Whatever was written about somebody, for the export of what is kept. */
export const allNotesOf = (db: Reader, userId: string) =>
  db.rows<{ at: number; showId: string; text: string }>(sql`
    select at, show_id as "showId", text from "user".notes where user_id = ${userId} order by at, id`)

/** Only those of an account that is erased: the table refuses any other. */
export const deleteNotesOf = (tx: Tx, userId: string) => tx.rows(sql`delete from "user".notes where user_id = ${userId}`)
