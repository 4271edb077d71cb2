/** Nobody in the crowd had an answer between two instants (epoch ms), though somebody asked. */
export type Silence = { from: number; to: number }

/** A beat is a second old when its process is killed, and may be three before deadlines move: nothing shorter moves them. */
export const silenceMsMin = 2_000
/** What an outage leaves of every deadline, at least: a minute from its end. */
const afterOutageMs = 60_000
/** between this clock and the server's, and from the end of an outage to its first answer */
const clocksApartMs = 1_000

/** An outage of everything, as those who asked see it. */
export function createSilences() {
  const silences: Silence[] = []
  let lastAt = Number.NaN
  let isSilent = false
  let waiting = 0
  /** since when somebody has waited all the time and nobody had an answer */
  let waitedSince = Number.NaN
  return {
    silences: silences as readonly Silence[],
    asked: (at: number) => {
      if (waiting++ === 0) waitedSince = at
    },
    answered: (at: number) => {
      // one who waits alone may wait for something slow
      const from = isSilent ? lastAt : waiting > 1 ? waitedSince : at
      waiting--
      if (at - from >= silenceMsMin) silences.push({ from, to: at })
      isSilent = false
      lastAt = waitedSince = at
    },
    unanswered: () => {
      waiting--
      isSilent = true
    },
  }
}

/** A deadline moves for one reason, an outage of everything that the crowd saw: later, to a minute from a moment in it. */
export function mayHaveMoved({ client, deadlinesMove }: { client: { silences: readonly Silence[] }; deadlinesMove?: boolean }, { from, to }: { from: number; to: number }): boolean {
  if (from === to) return true
  if (to < from) return false
  return deadlinesMove || client.silences.some((silence) => to - afterOutageMs >= silence.from - clocksApartMs && to - afterOutageMs <= silence.to + clocksApartMs)
}
