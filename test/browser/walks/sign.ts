import { randomUUID } from 'node:crypto'
import type { Scene, Shot } from '../scene.ts'

const password = 'browser-test-1234'

/** Screens 4 and 5: one place per person, and getting in again. */
export async function* sign({ stage, visit, words: { sign: words } }: Scene): AsyncGenerator<Shot> {
  const { page, context } = await visit([/^401 POST \/api\/sessions$/, /^409 POST \/api\/users\/(verification|password)$/])
  const submit = page.locator('main form button[type=submit]')
  const email = `jimin-${randomUUID().slice(0, 8)}@test.example`
  await page.goto('/wallet')
  await page.getByText(words.neededBody).waitFor()
  yield { name: 'sign-needed', page }
  await page.goto('/sign-in?back=/wallet')
  await page.getByText(words.back).waitFor()
  yield { name: 'sign-in', page }
  await page.locator('input[name=email]').fill(email)
  await page.locator('input[name=password]').fill('not-the-password')
  await submit.click()
  await page.locator('.notice.bad').waitFor()
  yield { name: 'sign-in-wrong', page }
  await page.goto('/sign-up')
  await page.locator('input[name=name]').waitFor()
  yield { name: 'sign-up', page }
  await submit.click()
  await page.locator('.problem').first().waitFor()
  yield { name: 'sign-up-missing', page }
  await page.goto('/forgot')
  await page.locator('input[name=email]').waitFor()
  yield { name: 'forgot', page }

  const made = await context.request.post('/api/users', { data: { email, name: '한지민', password } })
  if (!made.ok()) throw new Error(await made.text())
  const verifying = await stage.linkTo(email)
  await page.locator('input[name=email]').fill(email)
  await submit.click()
  await page.getByText(words.sentBody).waitFor()
  yield { name: 'forgot-sent', page }
  const resetting = await stage.linkTo(email)
  await page.goto(resetting)
  await page.locator('input[name=password]').fill('a-better-password')
  yield { name: 'reset', page }
  await submit.click()
  await page.getByText(words.resetDoneBody).waitFor()
  yield { name: 'reset-done', page }
  await page.goto(resetting)
  await page.locator('input[name=password]').fill('another-password')
  await submit.click()
  await page.getByText(words.newLink).waitFor()
  yield { name: 'reset-used', page }
  await page.goto(verifying)
  await page.getByText(words.verifiedBody).waitFor()
  yield { name: 'verify', page }
  await page.goto(verifying)
  await page.locator('.notice.bad').waitFor()
  await page.getByText(words.in).first().waitFor()
  yield { name: 'verify-used', page }
}
