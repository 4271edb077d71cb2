import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { leash } from './leash.ts'

/** How long nginx leaves a gateway alone that failed `failsMax` times within this time; then it looks again. */
export const gatewayRestSeconds = 3
const failsMax = 3
const startTimeoutMs = 10_000
const pollMs = 20
const template = new URL('../../deploy/nginx/openrun.conf', import.meta.url)
/** Debian's is where only root looks for programs. */
const places = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']

export const nginxBinary = (): string | undefined => places.map((place) => join(place, 'nginx')).find((path) => existsSync(path))

export type Nginx = { child: ChildProcess; url: string; reload: () => void; stop: () => Promise<void> }
/** `callbacks`: what takes the callbacks of providers; the gateways, unless there is something of its own. */
type Front = { directory: string; port: number; gateways: string[]; callbacks?: string[]; binary?: string }

/** deploy/nginx/openrun.conf for these gateways and takers of callbacks (`host:port`). */
export async function fillTemplate(listen: string, gateways: string[], callbacks: string[]): Promise<string> {
  const servers = (places: string[]) => places.map((place) => `server ${place} max_fails=${failsMax} fail_timeout=${gatewayRestSeconds}s;`).join('\n    ')
  const lines = (await readFile(template, 'utf8')).split('\n')
  // not in the comments, which explain the names
  const fill = (line: string) => line.replace(/\$\{OPENRUN_LISTEN\}/, () => listen).replace(/\$\{OPENRUN_GATEWAYS\}/, () => servers(gateways)).replace(/\$\{OPENRUN_CALLBACKS\}/, () => servers(callbacks))
  return lines.map((line) => (line.startsWith('#') ? line : fill(line))).join('\n')
}

/** Everything nginx needs to run from one directory, as any user; returns the path of its configuration. */
export async function configureNginx({ directory, port, gateways, callbacks = gateways }: Front): Promise<string> {
  await mkdir(directory, { recursive: true })
  // its workers are another user when it is started by root
  await chmod(directory, 0o711)
  await writeFile(join(directory, 'openrun.conf'), await fillTemplate(`127.0.0.1:${port}`, gateways, callbacks))
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `  ${kind}_temp_path ${join(directory, kind)};`)
  const file = join(directory, 'nginx.conf')
  await writeFile(file, [
    'daemon off;', 'worker_processes 2;', 'worker_rlimit_nofile 20000;', 'worker_shutdown_timeout 40s;',
    `pid ${join(directory, 'nginx.pid')};`, 'error_log stderr warn;',
    'events { worker_connections 8192; }',
    'http {', '  access_log off;', ...temporary, `  include ${join(directory, 'openrun.conf')};`, '}', '',
  ].join('\n'))
  return file
}

/** nginx as a direct child, before these gateways; resolves when it takes connections. */
export async function startNginx(front: Front, say: (line: string) => void, onDeath: (how: number | string) => void): Promise<Nginx> {
  const binary = front.binary ?? nginxBinary()
  if (!binary) throw new Error('several gateways need nginx before them, and there is none in the PATH (Debian: apt-get install nginx)')
  const file = await configureNginx(front)
  const child = spawn(binary, ['-p', front.directory, '-e', 'stderr', '-c', file], { stdio: ['ignore', 'ignore', 'pipe'], detached: true })
  leash(child)
  let isStopping = false
  child.on('exit', (code, signal) => void (isStopping || onDeath(code ?? signal ?? '')))
  createInterface({ input: child.stderr }).on('line', say)
  const stop = async () => {
    isStopping = true
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGQUIT') // requests under way are answered
    const late = setTimeout(() => child.kill('SIGTERM'), 2_000)
    await once(child, 'exit')
    clearTimeout(late)
  }
  for (let waited = 0; !(await isListening(front.port)); waited += pollMs) {
    if (child.exitCode !== null) throw new Error(`nginx ended with ${child.exitCode} before it served`)
    if (waited >= startTimeoutMs) {
      await stop()
      throw new Error('nginx did not start in time')
    }
    await wait(pollMs)
  }
  return { child, url: `http://127.0.0.1:${front.port}`, reload: () => child.kill('SIGHUP'), stop }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false)).on('connect', () => socket.destroy())
  })
}
