import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { createMetrics } from '../src/platform/metrics.ts'

const text = readFileSync(new URL('../docs/operating.md', import.meta.url), 'utf8')
const openrun = /\bopenrun_[a-z_]+/g

test('every metric that docs/operating.md names is one, with the labels it asks for', async () => {
  const registered = createMetrics().registry.getMetricsAsArray() as unknown as { name: string; labelNames: string[] }[]
  const known = new Map(registered.map(({ name, labelNames }) => [name, labelNames]))
  const names = [...new Set(text.match(openrun) ?? [])].map((name) => name.replace(/_bucket$/, ''))
  assert.ok(names.length > 10)
  assert.deepEqual(names.filter((name) => !known.has(name)), [])
  const alerts = text.split('## Alerts')[1]?.split('\n## ')[0]?.split('\n').filter((line) => line.startsWith('| `') && line.includes('openrun_')) ?? []
  assert.equal(alerts.length, 12)
  for (const line of alerts) {
    const [, expression = ''] = line.split('`')
    const labels = known.get((expression.match(openrun)?.[0] ?? '').replace(/_bucket$/, '')) ?? []
    const asked = [...expression.matchAll(/\b(\w+)="/g), ...expression.matchAll(/by \((\w+)\)/g)].map(([, label]) => label as string)
    assert.deepEqual(asked.filter((label) => !labels.includes(label)), [], expression)
  }
})
