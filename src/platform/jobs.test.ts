import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inTurn, startJobs } from './jobs.ts'

test('jobs repeat alone with themselves, and errors do not stop them', async () => {
  const seen: string[] = []
  const run = async () => {
    seen.push('in')
    await new Promise((resolve) => setTimeout(resolve, 5))
    seen.push('out')
    throw new Error('always')
  }
  const jobs = startJobs([{ name: 'j', everyMs: 1, run }], { onError: (name) => seen.push(name) })
  while (seen.length < 9) await new Promise((resolve) => setTimeout(resolve, 5))
  await jobs.stop()
  assert.equal(seen.join(), Array(seen.length / 3).fill('in,out,j').join())
})

test('a job that is asked for while it runs runs once more afterwards, also when the run before it failed', async () => {
  const seen: string[] = []
  const job = inTurn({ name: 'j', everyMs: 1, run: async () => {
    seen.push('in')
    await new Promise((resolve) => setTimeout(resolve, 5))
    seen.push('out')
    if (seen.length === 2) throw new Error('the first')
  } })
  const [first, second] = [job.run(), job.run()]
  await assert.rejects(first, /the first/)
  await second
  assert.equal(seen.join(), 'in,out,in,out')
})
