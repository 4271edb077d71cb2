import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { createLooks } from '../platform/looks.ts'
import { type Chain, quicknet } from './draw-beacon.ts'

/** The port of a beacon: the signature of a round, verified; undefined while it cannot be had. It never throws. */
export type Beacon = { chain: Chain; signatureOf(round: number): Promise<string | undefined> }

const askMs = 2_000
const roundsKept = 100
const Round = Compile(Type.Object({ round: Type.Integer(), signature: Type.String({ maxLength: 200 }) }))

/**
 * quicknet over HTTPS from several relays at once: the first sound answer counts, a wrong one is as none. A round is
 * fetched and verified once, for all lines that wait for it: they ask several times a second until they open.
 */
export function createDrandBeacon(urls: string[], ask: typeof fetch = fetch, chain: Chain = quicknet): Beacon {
  async function from(url: string, round: number): Promise<string> {
    const answer = await ask(`${url}/${chain.hash}/public/${round}`, { signal: AbortSignal.timeout(askMs), redirect: 'error' })
    if (!answer.ok) throw new Error(`${url} answered ${answer.status}`)
    const body: unknown = await answer.json()
    // the curves are loaded when first needed: most servers start without a draw in sight
    const { isSigned } = await import('./draw-signature.ts')
    if (!Round.Check(body) || body.round !== round || !isSigned(chain, round, body.signature)) throw new Error(`${url} gave no round ${round}`)
    return body.signature
  }
  // what is out never changes; what was not to be had is asked for again
  const signed = createLooks({ read: (round) => Promise.any(urls.map((url) => from(url, Number(round)))), now: () => performance.now(), freshMs: Number.POSITIVE_INFINITY, max: roundsKept })
  return { chain, signatureOf: (round) => signed(String(round)).catch(() => undefined) }
}
