/** In the order of calls: a service calls only those before it. One word names a service everywhere. */
export const serviceNames = ['user', 'concert', 'wallet', 'seat', 'queue', 'reservation', 'payment'] as const
export type ServiceName = (typeof serviceNames)[number]

/** What a service cannot do its work without. */
const needs: Partial<Record<ServiceName, readonly ServiceName[]>> = {
  seat: ['concert', 'reservation', 'payment'],
  reservation: ['seat', 'payment'],
  payment: ['seat', 'reservation', 'wallet'],
}
/** A part of a process: a service, the public HTTP of all, or of it the callbacks of providers alone. */
export type Part = ServiceName | 'gateway' | 'callbacks'

/**
 * Services this installation does not have: those said to be `none`, and with the seats whatever only a purchase needs,
 * unless it is named. The problems are what cannot be.
 */
export function absentServices(urls: (name: ServiceName) => string | undefined, named: readonly string[]): { absent: ReadonlySet<ServiceName>; problems: string[] } {
  const isNone = (name: ServiceName) => urls(name) === 'none'
  const onlyLine = isNone('seat')
  const isWanted = (name: ServiceName) => named.includes(name) || (urls(name) ?? 'none') !== 'none'
  const purchase: readonly ServiceName[] = ['wallet', 'reservation', 'payment']
  const absent = new Set(serviceNames.filter((name) => isNone(name) || (onlyLine && purchase.includes(name) && !isWanted(name))))
  const problems = serviceNames.filter((name) => absent.has(name) && named.includes(name)).map((name) => `SERVICES names ${name}, and ${urlOf(name)} is none`)
  for (const name of ['user', 'concert'] as const) if (absent.has(name)) problems.push(`${urlOf(name)} cannot be none: every sale asks ${name}`)
  if (absent.has('seat') && absent.has('queue')) problems.push('SEAT_URL and QUEUE_URL are both none: neither seats nor a line are left')
  for (const name of serviceNames)
    for (const needed of needs[name] ?? [])
      if (!absent.has(name) && absent.has(needed)) problems.push(`${urlOf(needed)} cannot be none while there is ${name}`)
  return { absent, problems }
}

/** Who may call a service: those after it, the gateway, and the callbacks of providers the wallet. */
export const callersOf = (name: ServiceName): ReadonlySet<string> => new Set([...serviceNames.slice(serviceNames.indexOf(name) + 1), 'gateway', ...(name === 'wallet' ? ['callbacks'] : [])])

/** The variable that says where a service is when it runs elsewhere. */
export const urlOf = (name: ServiceName) => `${name.toUpperCase()}_URL` as Uppercase<`${ServiceName}_URL`>

/** The variable that names the database of a service that has one of its own. */
export const databaseUrlOf = (name: ServiceName) => `${name.toUpperCase()}_DATABASE_URL` as Uppercase<`${ServiceName}_DATABASE_URL`>
