export type RedisAddresses = { urls: string[]; cluster: boolean }

/**
 * What REDIS_URL names: `redis://[user:password@]host:port[/number]` is one server, several `host:port` behind it, separated by
 * commas, are nodes of one Cluster. `rediss://` is TLS. Undefined when it cannot be read.
 */
export function redisAddressesOf(text: string): RedisAddresses | undefined {
  const [, scheme, login = '', rest = ''] = /^(rediss?:\/\/)([^@\s]*@)?([^@\s]+)$/.exec(text) ?? []
  if (!scheme) return undefined
  const urls = rest.split(',').map((part) => `${scheme}${login}${part}`)
  if (!urls.every((url) => URL.canParse(url) && new URL(url).hostname !== '')) return undefined
  const cluster = urls.length > 1
  const numbered = urls.map((url) => new URL(url).pathname).filter((path) => path !== '' && path !== '/')
  // a Cluster has no numbered databases
  if (numbered.some((path) => cluster || !/^\/\d{1,4}$/.test(path))) return undefined
  return { urls, cluster }
}
