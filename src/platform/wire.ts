/** What callers of a service in another process and its inner door say to each other. */
/** how long the caller waits for the answers, other replicas and repeats included */
export const timeoutHeader = 'call-timeout-ms'
/** on every answer of a process that is about to stop: whoever knows another replica asks that one from now on */
export const drainingHeader = 'draining'

/** What the inner door answers for one call. */
export type WireAnswer = { ok: unknown } | { refused: { code: string; params: Record<string, unknown> } } | { unknown: string }
