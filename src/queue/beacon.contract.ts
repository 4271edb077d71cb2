import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Beacon } from './beacon.ts'
import { isSigned } from './draw-beacon.ts'

export type BeaconGround = { beacon: Beacon; outRound: number; futureRound: number; goAway: () => void; comeBack: () => void; close: () => Promise<void> }

/** What every beacon promises. */
export function beaconContract(name: string, open: () => Promise<BeaconGround>) {
  test(`${name}: a round that is out is answered with the chain's own signature of it, the same every time`, async () => {
    const { beacon, outRound, close } = await open()
    const signature = await beacon.signatureOf(outRound)
    assert(signature !== undefined && isSigned(beacon.chain, outRound, signature))
    assert.equal(await beacon.signatureOf(outRound), signature)
    await close()
  })
  test(`${name}: a round that is not out yet cannot be had, and that is no error`, async () => {
    const { beacon, futureRound, close } = await open()
    assert.equal(await beacon.signatureOf(futureRound), undefined)
    await close()
  })
  test(`${name}: away it answers nothing and never throws; back again it answers`, async () => {
    const { beacon, outRound, goAway, comeBack, close } = await open()
    goAway()
    assert.equal(await beacon.signatureOf(outRound), undefined)
    comeBack()
    assert.notEqual(await beacon.signatureOf(outRound), undefined)
    await close()
  })
}
