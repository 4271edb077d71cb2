import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { freePort } from '../src/platform/free-port.ts'
import { nginxBinary, startNginx } from '../src/cli/nginx.ts'

const skip = nginxBinary() || process.env.CI === 'true' ? false : 'NOT TESTED: there is no nginx (Debian: nginx)'

test('every gateway away: nginx says 503 outcome_unknown with Retry-After, as a gateway would', { skip, timeout: 30_000 }, async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'openrun-away-gateway-'))
  const nobody = `127.0.0.1:${await freePort()}`
  const nginx = await startNginx({ directory, port: await freePort(), gateways: [nobody] }, () => undefined, () => undefined)
  t.after(async () => {
    await nginx.stop()
    await rm(directory, { recursive: true, force: true })
  })
  for (const method of ['GET', 'POST']) {
    const response = await fetch(new URL('/api/concerts', nginx.url), { method })
    const { code } = await response.json() as { code: string }
    assert.deepEqual([response.status, code, response.headers.get('retry-after')], [503, 'outcome_unknown', '1'])
  }
})
