/** In the order of calls: a service calls only those before it. One word names a service everywhere. */
export const serviceNames = ['user', 'concert', 'wallet', 'seat', 'queue', 'reservation', 'payment'] as const
export type ServiceName = (typeof serviceNames)[number]

/** Who may call a service: those after it, and the gateway. */
export const callersOf = (name: ServiceName): ReadonlySet<string> => new Set([...serviceNames.slice(serviceNames.indexOf(name) + 1), 'gateway'])

/** The variable that says where a service is when it runs elsewhere. */
export const urlOf = (name: ServiceName) => `${name.toUpperCase()}_URL` as Uppercase<`${ServiceName}_URL`>

/** The variable that names the database of a service that has one of its own. */
export const databaseUrlOf = (name: ServiceName) => `${name.toUpperCase()}_DATABASE_URL` as Uppercase<`${ServiceName}_DATABASE_URL`>
