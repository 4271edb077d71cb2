import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Beacon } from './beacon.ts'
import { isSigned } from './draw-signature.ts'

export type BeaconGround = { beacon: Beacon; outRound: number; futureRound: number; goAway: () => void; comeBack: () => void; close: () => Promise<void> }

/** What every beacon promises. */
export function beaconContract(name: string, open: () => Promise<BeaconGround>) {
  test(`${name}: a round that is out is answered with the chain's own signature of it, the same every time`, async (t) => {
    const { beacon, outRound, close } = await open()
    t.after(close)
    const signature = await beacon.signatureOf(outRound)
    assert(signature !== undefined && isSigned(beacon.chain, outRound, signature))
    assert.equal(await beacon.signatureOf(outRound), signature)
  })
  test(`${name}: a round that is not out yet cannot be had, and that is no error`, async (t) => {
    const { beacon, futureRound, close } = await open()
    t.after(close)
    assert.equal(await beacon.signatureOf(futureRound), undefined)
  })
  test(`${name}: away it answers nothing and never throws; back again it answers`, async (t) => {
    const { beacon, outRound, goAway, comeBack, close } = await open()
    t.after(close)
    goAway()
    assert.equal(await beacon.signatureOf(outRound), undefined)
    comeBack()
    assert.notEqual(await beacon.signatureOf(outRound), undefined)
  })
}
