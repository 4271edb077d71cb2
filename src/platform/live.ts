/**
 * News for whoever listens at this moment, in every process: nothing is kept, and what is lost on the way is lost. So
 * whoever listens must be able to do without: a later piece of news says more, or a version tells that one is missing.
 */
export type Live = {
  publish(channel: string, text: string): void
  /** `hear` must not throw. Answers the end of listening. */
  subscribe(channel: string, hear: (text: string) => void): () => void
  close(): void
}

/** News of this process: heard at once, in the order it was told. */
export function createMemoryLive(): Live & { channels: () => string[] } {
  const listeners = new Map<string, Set<(text: string) => void>>()
  return {
    channels: () => [...listeners.keys()],
    publish: (channel, text) => {
      for (const hear of [...(listeners.get(channel) ?? [])]) hear(text)
    },
    subscribe: (channel, hear) => {
      // one listener may listen twice: each has an end of its own
      const listener = (text: string) => hear(text)
      const ofChannel = listeners.get(channel) ?? new Set()
      listeners.set(channel, ofChannel.add(listener))
      return () => {
        ofChannel.delete(listener)
        if (ofChannel.size === 0 && listeners.get(channel) === ofChannel) listeners.delete(channel)
      }
    },
    close: () => listeners.clear(),
  }
}
