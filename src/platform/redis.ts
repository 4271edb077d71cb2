import { createHash } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { createClient, createCluster, RESP_TYPES } from '@redis/client'
import { redisAddressesOf } from './redis-url.ts'

/** A Lua script and the hash by which a server knows it. */
export type Script = { text: string; sha: string }
export type RedisValue = string | Buffer
export type Redis = {
  /** Runs a script where its keys live, which share a hash tag. Rejects at once without a connection, and after `timeoutMs` without an answer: then it may have run. */
  run(script: Script, keys: string[], args: RedisValue[], timeoutMs?: number): Promise<unknown>
  /** The same for answers that are no text: strings come as bytes. */
  runBytes(script: Script, keys: string[], args: RedisValue[], timeoutMs?: number): Promise<unknown>
  /** whether there has been a connection; after that `run` tells */
  wasConnected(): boolean
  close(): void
}

const connectTimeoutMs = 1_000
/** of all nodes of a Cluster, one after the other */
const clusterConnectMsMax = 5_000
const commandTimeoutMs = 2_000
const reconnectMsMin = 50
const reconnectMsMax = 2_000
/** A node of a Cluster that is away so long may have been replaced: the others are asked who has its keys and channels now. */
const replacedAfterMs = 1_000

export const scriptOf = (text: string): Script => ({ text, sha: createHash('sha1').update(text).digest('hex') })

/**
 * A client of one server or a Cluster that connects, again for ever while it is away; one that listens can do nothing else.
 * The library lets go of no connection that is still being made, neither at the start nor while a Cluster's nodes are
 * looked for after a failover: `close` waits for the first and lets go of the others as they come. `client` is to be asked
 * for each time.
 */
export function connectRedis(url: string) {
  const addresses = redisAddressesOf(url)
  if (!addresses) throw new Error('this is no address of Redis')
  return addresses.cluster ? connectCluster(addresses.urls) : connectServer(addresses.urls[0] as string)
}

function connectServer(url: string) {
  let isClosed = false
  const client = clientOf(url, (retries) => (isClosed ? false : delayOf(retries)))
  const connected = client.connect().then(() => true, () => false)
  const close = () => {
    isClosed = true
    void connected.then((stands) => {
      if (stands) client.destroy()
    })
  }
  return { client: () => client, connected, close }
}

/**
 * The library gives a Cluster up when none of its nodes answered at once, waits for ever for a node that is dead but not yet
 * replaced, and takes one without all slots for whole: each time another client begins anew.
 */
function connectCluster(urls: string[]) {
  let isClosed = false
  const open = () => {
    const cluster = clusterOf(urls, (retries) => (isClosed ? false : delayOf(retries)))
    cluster.on('node-connect', () => {
      if (isClosed || cluster !== client) setImmediate(() => cluster.destroy())
    })
    return cluster
  }
  let client = open()
  const isWhole = async () => {
    const stands = client.connect().then(() => true, () => false)
    return (await Promise.race([stands, wait(clusterConnectMsMax, false, { ref: false })])) && !client.slots.includes(undefined as never)
  }
  const connected = (async () => {
    for (let retries = 0; !(await isWhole()); retries++) {
      if (isClosed) return false
      client.destroy()
      client = open()
      await wait(delayOf(retries), undefined, { ref: false })
    }
    return true
  })()
  const close = () => {
    isClosed = true
    void connected.then(() => client.destroy())
  }
  return { client: () => client, connected, close }
}

/** Connects to one server or a Cluster, and again for ever when it is away. A server that is not there is waited for 1 s, no longer. */
export async function openRedis(url: string): Promise<Redis> {
  const { client, connected, close } = connectRedis(url)
  let connectedOnce = false
  const connectedNow = connected.then((stands) => {
    connectedOnce = stands
  })
  await Promise.race([connectedNow, new Promise((resolve) => setTimeout(resolve, connectTimeoutMs).unref())])
  const bytesOf = new WeakMap<object, Client>()
  const inBytes = () => {
    const own = client()
    const bytes = bytesOf.get(own) ?? own.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer })
    bytesOf.set(own, bytes)
    return bytes
  }
  return {
    run: (script, keys, args, timeoutMs = commandTimeoutMs) => within(timeoutMs, evaluate(client(), script, keys, args)),
    runBytes: (script, keys, args, timeoutMs = commandTimeoutMs) => within(timeoutMs, evaluate(inBytes(), script, keys, args)),
    wasConnected: () => connectedOnce,
    close,
  }
}

/** What both clients offer and is used here. */
type Client = {
  evalSha(sha: string, options: { keys: string[]; arguments: RedisValue[] }): Promise<unknown>
  eval(text: string, options: { keys: string[]; arguments: RedisValue[] }): Promise<unknown>
}

/** A server that was restarted knows no scripts: it is told the text. */
async function evaluate(client: Client, { sha, text }: Script, keys: string[], args: RedisValue[]): Promise<unknown> {
  const options = { keys, arguments: args }
  try {
    return await client.evalSha(sha, options)
  } catch (error) {
    if (!String((error as Error).message).startsWith('NOSCRIPT')) throw error
    return client.eval(text, options)
  }
}

const delayOf = (retries: number) => Math.min(reconnectMsMax, reconnectMsMin * 2 ** Math.min(retries, 10)) * (0.5 + Math.random() / 2)
type ReconnectStrategy = (retries: number) => number | false
// the client's own time limit makes a signal a command and costs more than the command; `within` is a timer
const commandOptions = { timeout: undefined as never }

/** whoever asks hears of it: an error of a connection has no other reader */
const unheard = () => undefined

function clientOf(url: string, reconnectStrategy: ReconnectStrategy) {
  return createClient({ url, socket: { connectTimeout: connectTimeoutMs, reconnectStrategy }, commandOptions, disableOfflineQueue: true }).on('error', unheard)
}

function clusterOf(urls: string[], reconnectStrategy: ReconnectStrategy) {
  const { username, password, protocol } = new URL(urls[0] as string)
  const login = { ...(username ? { username: decodeURIComponent(username) } : {}), ...(password ? { password: decodeURIComponent(password) } : {}) }
  const socket = { connectTimeout: connectTimeoutMs, reconnectStrategy, ...(protocol === 'rediss:' ? { tls: true as const } : {}) }
  const defaults = { ...login, socket, disableOfflineQueue: true }
  return createCluster({ rootNodes: urls.map((url) => ({ url })), defaults, commandOptions, topologyRefreshOnReconnectionAttemptStrategy: replacedAfterMs }).on('error', unheard)
}

/** After a busy turn of the event loop the timer is early: what has arrived is read before anything is given up. */
function within<T>(ms: number, asked: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(new Error(`no answer within ${ms} ms`))
    const timer = setTimeout(() => setImmediate(giveUp), ms)
    asked.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
