/** In the order of calls: a service calls only those before it. One word names a service everywhere. */
export const serviceNames = ['user', 'concert', 'wallet', 'seat', 'queue', 'reservation', 'payment'] as const
