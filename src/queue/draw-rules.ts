import { drawnOrder, type Hash, type Order } from './order.ts'

/**
 * What a draw is made of, and how anybody makes it again: the tree over the roster (RFC 6962: leaves and nodes are hashed
 * apart), the commitment, the seed. Pure and without imports of this machine: the server, `verify-draw` and a browser run
 * the same lines, each with its own SHA-256. Hashes are lower-case hex wherever they are stored or sent.
 */
export type Side = 'left' | 'right'
/** From a leaf upwards: the hash beside it, and on which side that stands. */
export type Step = { side: Side; hash: string }

/** Clocks of several processes that follow the database's may differ by so much: nearer than this nothing is out of order. */
export const clockMs = 1_000
/** Leaves of one stored block of the tree. */
export const blockLeaves = 256
const leafTag = 0
const nodeTag = 1
const seedTag = 'openrun draw 1'
const encoder = new TextEncoder()

export const toHex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
export function fromHex(text: string): Uint8Array {
  if (!/^([0-9a-f]{2})*$/.test(text)) throw new Error(`not hex: ${text.slice(0, 80)}`)
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

/** What is published of an account: nobody who lacks the account's own nonce can tell whose hash it is. */
export const accountHash = (hash: Hash, nonce: Uint8Array, userId: string) => hash(joined(nonce, encoder.encode(userId)))

/** The leaf of a number: the number stands in it, so that no place can be taken for another. */
export function leafOf(hash: Hash, number: number, account: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(5 + account.length)
  bytes[0] = leafTag
  new DataView(bytes.buffer).setUint32(1, number)
  bytes.set(account, 5)
  return hash(bytes)
}

/** The root of a tree over these leaves, or over the roots of whole blocks of leaves and a last one that may be smaller. */
export function rootOf(hash: Hash, leaves: Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return hash(new Uint8Array(0))
  if (leaves.length === 1) return leaves[0] as Uint8Array
  const split = splitOf(leaves.length)
  return nodeOf(hash, rootOf(hash, leaves.slice(0, split)), rootOf(hash, leaves.slice(split)))
}

/** The way from leaf `index` (counted from 0) to the root. */
export function pathOf(hash: Hash, leaves: Uint8Array[], index: number): Step[] {
  if (leaves.length <= 1) return []
  const split = splitOf(leaves.length)
  const [before, after] = [leaves.slice(0, split), leaves.slice(split)]
  return index < split
    ? [...pathOf(hash, before, index), { side: 'right', hash: toHex(rootOf(hash, after)) }]
    : [...pathOf(hash, after, index - split), { side: 'left', hash: toHex(rootOf(hash, before)) }]
}

export const climb = (hash: Hash, leaf: Uint8Array, path: Step[]): Uint8Array =>
  path.reduce((below, step) => (step.side === 'left' ? nodeOf(hash, fromHex(step.hash), below) : nodeOf(hash, below, fromHex(step.hash))), leaf)

export const commitmentOf = (hash: Hash, secret: string) => toHex(hash(fromHex(secret)))

/** What the beacon gives to the seed; a draw without one takes nothing, and is weaker. */
export const randomnessOf = (hash: Hash, signature: string | null) => (signature === null ? '' : toHex(hash(fromHex(signature))))

export function seedOf(hash: Hash, { secret, root, signature }: { secret: string; root: string; signature: string | null }): string {
  return toHex(hash(joined(encoder.encode(seedTag), fromHex(secret), fromHex(root), fromHex(randomnessOf(hash, signature)))))
}

export const orderFrom = (hash: Hash, seed: string, rosterCount: number): Order => drawnOrder({ rosterCount, seed: fromHex(seed), hash })

const nodeOf = (hash: Hash, left: Uint8Array, right: Uint8Array) => hash(joined(Uint8Array.of(nodeTag), left, right))

/** The largest power of two below a count of two or more. */
const splitOf = (count: number) => 2 ** (31 - Math.clz32(count - 1))

function joined(...parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let offset = 0
  for (const part of parts) {
    bytes.set(part, offset)
    offset += part.length
  }
  return bytes
}
