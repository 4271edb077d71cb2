import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Histogram, Registry } from '@prometheus-io/client'
import fc from 'fast-check'
import { createAnswerTimes, secondsBuckets } from './answer-times.ts'

const [name, help] = ['openrun_http_request_seconds', 'Time to answer']
const oneOf = (...values: string[]) => fc.constantFrom(...values)
const answers = fc.array(fc.record({
  method: oneOf('GET', 'POST'), route: oneOf('/api/shows/:id', 'none', '/a "b" \\\n'), status: fc.constantFrom(200, 201, 404, 503),
  seconds: fc.oneof(fc.constantFrom(0, ...secondsBuckets, 11), fc.double({ min: 0, max: 20, noNaN: true })),
}), { maxLength: 60 })

test('a scrape reads the same as of the histogram of the library, in another order at most', async () => {
  await fc.assert(fc.asyncProperty(answers, async (told) => {
    const [ours, theirs] = [new Registry(), new Registry()]
    const times = createAnswerTimes(name, help, ours)
    const histogram = new Histogram({ name, help, labelNames: ['method', 'route', 'status'], buckets: secondsBuckets, registers: [theirs] })
    for (const { method, route, status, seconds } of told) {
      times.observe(method, route, status, seconds)
      histogram.observe({ method, route, status: String(status) }, seconds)
    }
    assert.equal(ours.getSingleMetric(name), times, 'by its name, as any other')
    const linesOf = async (registry: Registry) => (await registry.metrics()).split('\n').toSorted()
    assert.deepEqual(await linesOf(ours), await linesOf(theirs))
  }))
})
