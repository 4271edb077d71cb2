import { busContract } from './bus.contract.ts'
import { createMemoryBus } from './memory-bus.ts'

busContract('memory bus', {
  open: (options) => ({ ...createMemoryBus(options), close: async () => undefined }),
  afterEffect: 'publish',
})
