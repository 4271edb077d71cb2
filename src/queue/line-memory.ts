import { LRUCache } from 'lru-cache'
import type { LineCopy } from './line-copy.ts'
import type { LinePort, LineRef } from './line-port.ts'

/** 16 lines of a million places; the line nobody asked for longest goes first, and is read again when somebody does. */
const bytesMax = 16 * 16_200_000

/** Copies of lines in this process. Other processes have their own: each follows the log, so they never disagree. */
export function createMemoryLines(): LinePort {
  const copies = new LRUCache<string, { orderKey: string; epoch: number; copy: LineCopy }>({ maxSize: bytesMax, sizeCalculation: ({ copy }) => copy.size() })
  const copyOf = ({ windowId, orderKey }: LineRef) => {
    const kept = copies.get(windowId)
    return kept?.orderKey === orderKey ? kept : undefined
  }
  return {
    keptIn: 'memory',
    async markOf(line) {
      const kept = copyOf(line)
      return kept && { ...kept.copy.mark }
    },
    async ahead(line, news, ranks) {
      const kept = copyOf(line)
      if (!kept) return undefined
      const size = kept.copy.size()
      if (!kept.copy.apply(news)) return undefined
      if (kept.copy.size() !== size) copies.set(line.windowId, { ...kept })
      return ranks.map(kept.copy.ahead)
    },
    async replace({ windowId, orderKey, epoch }, copy) {
      const kept = copies.get(windowId)
      if (kept && (kept.epoch > epoch || kept.orderKey === orderKey)) return false
      copies.set(windowId, { orderKey, epoch, copy })
      return true
    },
    read: async (line) => copyOf(line)?.copy,
  }
}
