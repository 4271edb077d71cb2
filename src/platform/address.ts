import { BlockList, isIP, isIPv4 } from 'node:net'

export type Networks = { has: (address: string) => boolean }

const loopback = ['127.0.0.0/8', '::1/128']

/** Addresses and networks (`10.0.0.0/8`, `2001:db8::/32`, `loopback`), separated by commas; undefined when one is none. */
export function networksOf(text: string): Networks | undefined {
  const list = new BlockList()
  const names = text.split(',').map((name) => name.trim()).filter((name) => name !== '')
  for (const name of names.flatMap((each) => (each === 'loopback' ? loopback : [each]))) {
    const [address = '', bits, ...more] = name.split('/')
    const bitsMax = isIPv4(address) ? 32 : 128
    const width = bits === undefined ? bitsMax : Number(bits)
    if (!isIP(address) || bits === '' || more.length > 0 || !Number.isInteger(width) || width < 0 || width > bitsMax) return undefined
    list.addSubnet(address, width, isIPv4(address) ? 'ipv4' : 'ipv6')
  }
  return { has: (address) => isIP(address) !== 0 && list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6') }
}

/**
 * Who sent a request: the peer, or behind proxies that are trusted the nearest address that is none of them. What stands
 * further left in X-Forwarded-For is the sender's own word and is not read.
 */
export function senderOf(peer: string, forwarded: string | undefined, proxies: Networks): string {
  const hops = forwarded === undefined ? [] : forwarded.split(',').map((hop) => hop.trim())
  let sender = plain(peer)
  while (proxies.has(sender) && hops.length > 0) sender = plain(hops.pop() as string)
  return sender
}

/** IPv4 in IPv6 clothes (`::ffff:10.0.0.1`) is IPv4. */
const plain = (address: string) => (/^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(address) ? address.slice(7) : address)

/** What one household or host has: the whole IPv4 address, the first 64 bits of an IPv6 one; anything else as one. */
export function prefixOf(address: string): string {
  if (isIPv4(address)) return address
  if (isIP(address) === 0) return 'unknown'
  const [before = '', after] = (address.split('%')[0] as string).toLowerCase().split('::')
  const [left, right] = [groupsOf(before), groupsOf(after ?? '')]
  const groups = [...left, ...Array.from({ length: 8 - left.length - right.length }, () => '0'), ...right]
  return groups.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, '')).join(':')
}

/** A dotted end counts as the two groups it is; they are never among the first four. */
const groupsOf = (text: string) => (text === '' ? [] : text.split(':').flatMap((group) => (group.includes('.') ? ['0', '0'] : [group])))
