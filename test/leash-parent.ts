// A parent that is about to be killed: says who its children are, on one line.
import { spawn } from 'node:child_process'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startRedis } from '../src/chaos/engines.ts'
import { leash } from '../src/cli/leash.ts'
import { nginxBinary, startNginx } from '../src/cli/nginx.ts'

const deaf = spawn(process.execPath, ['-e', 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log("deaf")'], { stdio: ['ignore', 'pipe', 'ignore'], detached: true })
leash(deaf)
await new Promise((resolve) => deaf.stdout.once('data', resolve))
const redis = await startRedis()
const directory = await mkdtemp(join(tmpdir(), 'openrun-leash-'))
const nginx = nginxBinary() ? await startNginx({ directory, port: Number(process.argv[2]), gateways: ['127.0.0.1:1'] }, () => undefined, () => undefined) : undefined
process.stdout.write(`${JSON.stringify({ deaf: deaf.pid, redis: redis.url, directory, nginx: nginx?.child.pid ?? null })}\n`)
