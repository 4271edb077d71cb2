import sql from 'sql-template-tag'
import { at, type Reader, type Tx } from '../platform/database.ts'
import { blockLeaves } from './draw-rules.ts'

export type Weaker = 'no_beacon' | 'round_replaced' | 'beacon_unreachable'
export type DrawRow = {
  windowId: string
  secret: string
  salt: string
  commitment: string
  chain: string | null
  round: number | null
  roundAt: number | null
  waitMs: number
  committedAt: number
  sealedAt: number | null
  root: string | null
  rootedAt: number | null
  signature: string | null
  seed: string | null
  weaker: Weaker[]
  drawnAt: number | null
}
type NewDraw = Pick<DrawRow, 'windowId' | 'secret' | 'salt' | 'commitment' | 'chain' | 'round' | 'roundAt' | 'waitMs' | 'weaker'>

const columns = sql`
  window_id as "windowId", secret, salt, commitment, chain, round, round_at as "roundAt", wait_ms as "waitMs",
  committed_at as "committedAt", sealed_at as "sealedAt", root, rooted_at as "rootedAt", signature, seed, weaker, drawn_at as "drawnAt"`
const atOrNull = (ms: number | null) => (ms === null ? null : at(ms))

export async function drawOf(db: Reader, windowId: string): Promise<DrawRow | undefined> {
  const [row] = await db.rows<DrawRow>(sql`select ${columns} from queue.draws where window_id = ${windowId}`)
  return row
}

/** Secret and salt of a line are made once: what is there stays. */
export const commit = (tx: Tx, draw: NewDraw, now: number) =>
  tx.rows(sql`
    insert into queue.draws (window_id, secret, salt, commitment, chain, round, round_at, wait_ms, weaker, committed_at)
    values (${draw.windowId}, ${draw.secret}, ${draw.salt}, ${draw.commitment}, ${draw.chain}, ${draw.round}::bigint,
      ${atOrNull(draw.roundAt)}::timestamptz, ${draw.waitMs}::int, ${draw.weaker}::text[], ${at(now)})
    on conflict (window_id) do nothing`)

/** Another round for a draw that has no root yet. */
export const replaceRound = (tx: Tx, { windowId, round, roundAt, weaker }: Pick<DrawRow, 'windowId' | 'round' | 'roundAt' | 'weaker'>) =>
  tx.rows(sql`
    update queue.draws set round = ${round}::bigint, round_at = ${atOrNull(roundAt)}::timestamptz, weaker = ${weaker}::text[]
    where window_id = ${windowId} and root is null returning window_id`)

export const seal = (tx: Tx, windowId: string, now: number) =>
  tx.rows(sql`update queue.draws set sealed_at = ${at(now)} where window_id = ${windowId} and root is null returning window_id`)

/** The lobby is open again: its tree will be another one. */
export const unseal = (tx: Tx, windowId: string) =>
  tx.rows(sql`update queue.draws set sealed_at = null, root = null, rooted_at = null where window_id = ${windowId} and seed is null returning window_id`)

export const setRoot = (tx: Tx, windowId: string, root: string, now: number) =>
  tx.rows(sql`
    update queue.draws set root = ${root}, rooted_at = ${at(now)} where window_id = ${windowId} and root is null and sealed_at is not null returning window_id`)

export const settle = (tx: Tx, { windowId, signature, seed, weaker }: Pick<DrawRow, 'windowId' | 'signature' | 'seed' | 'weaker'>, now: number) =>
  tx.rows(sql`
    update queue.draws set signature = ${signature}, seed = ${seed}, weaker = ${weaker}::text[], drawn_at = ${at(now)}
    where window_id = ${windowId} and seed is null returning window_id`)

/** Lines on their way to a draw. */
export const undrawn = (db: Reader, max: number) =>
  db.rows<{ windowId: string; showId: string; phase: 'lobby' | 'sealed'; last: number }>(sql`
    select window_id as "windowId", show_id as "showId", phase, last from queue.lines where phase in ('lobby', 'sealed') order by opens_at limit ${max}`)

/** Who has these numbers, both included: never changed once a number is given. */
export const roster = (db: Reader, windowId: string, from: number, through: number) =>
  db.rows<{ number: number; userId: string }>(sql`
    select number, user_id as "userId" from queue.places
    where window_id = ${windowId} and number between ${from} and ${through} order by number`)

export type Block = { block: number; leaves: number; hash: string }

export const blocksOf = (db: Reader, windowId: string) =>
  db.rows<Block>(sql`select block, leaves, hash from queue.draw_blocks where window_id = ${windowId} order by block`)

/** How many leaves are hashed, in whole blocks. */
export async function hashedCount(db: Reader, windowId: string): Promise<number> {
  const [row] = await db.rows<{ blocks: number }>(sql`
    select count(*)::int as blocks from queue.draw_blocks where window_id = ${windowId} and leaves = ${blockLeaves}::int`)
  return (row?.blocks ?? 0) * blockLeaves
}

/** The last block may have grown since it was hashed: a lobby that was sealed may open again. */
export const saveBlocks = (db: Reader, windowId: string, blocks: Block[]) =>
  db.rows(sql`
    insert into queue.draw_blocks as b (window_id, block, leaves, hash)
    select ${windowId}, * from unnest(${blocks.map((b) => b.block)}::int[], ${blocks.map((b) => b.leaves)}::int[], ${blocks.map((b) => b.hash)}::text[])
    on conflict (window_id, block) do update set leaves = excluded.leaves, hash = excluded.hash where b.leaves < excluded.leaves`)

/** Places of the roster that were left before it was drawn: the only ones whose rank has to be written at the draw. */
export const leftNumbers = async (tx: Tx, windowId: string, rosterCount: number) =>
  (await tx.rows<{ number: number }>(sql`
    select number from queue.places
    where window_id = ${windowId} and coalesce(rank, number) <= ${rosterCount} and status = 'ended' and called_at is null`)).map((row) => row.number)

/** Writes ranks of places that have none; each number once. */
export const rankPlaces = (tx: Tx, windowId: string, numbers: number[], ranks: number[]) =>
  tx.rows(sql`
    with found as materialized (
      select o.tid, r.rank from unnest(${numbers}::int[], ${ranks}::int[]) as r(number, rank) cross join lateral (
        select ctid as tid from queue.places x where x.window_id = ${windowId} and x.number = r.number and x.rank is null limit 1) o)
    update queue.places p set rank = f.rank from found f where p.ctid = f.tid`)

/** Counts leavers anew, by ranks. */
export async function recountLeft(tx: Tx, windowId: string): Promise<void> {
  await tx.rows(sql`delete from queue.left_blocks where window_id = ${windowId}`)
  await tx.rows(sql`
    insert into queue.left_blocks (window_id, block, places)
    select window_id, coalesce(rank, number) / 256, count(*) from queue.places
    where window_id = ${windowId} and status = 'ended' and called_at is null group by 1, 2`)
}
