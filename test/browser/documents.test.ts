import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { chromiumMissing, openStage, type Stage } from './stage.ts'

const skip = chromiumMissing
let stage: Stage
before(async () => {
  if (!skip) stage = await openStage()
})
after(() => stage?.close())

test('the page of the API lists what there is and tries it out, without a word of its policy', { skip }, async () => {
  await stage.show({ title: '문서의 밤' })
  const visit = await stage.visit({ language: 'en' })
  const { page } = visit
  const asked = new Set<string>()
  page.on('request', (request) => asked.add(new URL(request.url()).origin))
  await page.goto('/docs')
  const operation = page.locator('.opblock', { has: page.locator('[data-path="/api/concerts"]') }).first()
  await operation.locator('.opblock-summary').click()
  await operation.getByRole('button', { name: 'Try it out' }).click()
  await operation.getByRole('button', { name: 'Execute' }).click()
  await operation.locator('.live-responses-table').getByText('문서의 밤').waitFor()
  assert.deepEqual([...asked].filter((origin) => origin !== 'null'), [new URL(stage.url).origin])
  await visit.close()
})
