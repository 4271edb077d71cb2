import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lineContract, copyOf, someLine } from './line.contract.ts'
import { createMemoryLines } from './line-memory.ts'

lineContract('memory', createMemoryLines)

test('a copy takes 16 bytes and a bit for each place, and the copies together are bounded', async () => {
  const lines = createMemoryLines()
  const size = 1_000_000
  assert(copyOf(size).size() < 17 * size)
  const [first, ...others] = Array.from({ length: 18 }, () => someLine())
  assert(first)
  for (const line of [first, ...others]) await lines.replace(line, copyOf(size))
  assert.equal(await lines.markOf(first), undefined, 'nothing was given up')
  assert.notEqual(await lines.markOf(others.at(-1) ?? first), undefined)
})
