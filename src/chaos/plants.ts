/** A bug to plant: pieces of the sources of a process put in place of others. Each piece must be there exactly once. */
export type Plant = {
  name: string
  about: string
  changes: { file: string; find: string; put: string }[]
  /** what brings it to light within a minute or two */
  faults: string[]
  /** checks of which at least one has to speak */
  caughtBy: string[]
  environment?: Record<string, string>
}

/** Bugs that a run must catch; `--planted` runs each of them. They exist only here, as text: the product has no such switch. */
export const plants: Plant[] = [
  {
    name: 'inbox_off', about: 'an event is applied as often as it comes, however old',
    changes: [{ file: 'src/platform/inbox.ts', find: 'if (event.version <= (last.get(name) ?? 0)) return false', put: '' }],
    faults: ['events_duplicated', 'show_paused'], caughtBy: ['shows_agree', 'progress'],
  },
  {
    name: 'acknowledged_early', about: 'the database says yes before the commit is on disk',
    changes: [{ file: 'src/platform/database.ts', find: 'options: `-c plan_cache_mode', put: 'options: `-c synchronous_commit=off -c plan_cache_mode' }],
    faults: ['postgres_killed'], caughtBy: ['places', 'holds', 'payments', 'lines', 'crowd', 'verify'],
  },
  {
    name: 'shared_group', about: 'all services listen as one consumer group, so that each event reaches one of them',
    changes: [{ file: 'src/platform/kafka-bus.ts', find: 'groupId: topicOf(subscriber.name)', put: "groupId: topicOf('all')" }],
    faults: ['service_killed'], caughtBy: ['heard', 'progress', 'opened', 'verify'],
  },
  {
    name: 'fence_off', about: 'a pass that was ended still takes seats',
    changes: [
      { file: 'src/seat/store-grants.ts', find: ' and excluded.last_pass_held >= q.pass_floor', put: '' },
      { file: 'src/seat/store-holds.ts', find: ' and (w.pass_no is null or w.pass_no >= q.pass_floor)', put: '' },
    ],
    faults: ['service_killed'], caughtBy: ['ended_passes'],
  },
  {
    name: 'pin_off', about: 'the clock takes seats from a running payment',
    changes: [
      { file: 'src/seat/live.ts', find: 'num_nonnulls(h.ended_reason, h.pinned_by) = 0', put: 'num_nonnulls(h.ended_reason) = 0' },
      { file: 'src/seat/store-deadlines.ts', find: 'ended_reason is null and pinned_by is null and until <= ', put: 'ended_reason is null and until <= ' },
      // or a CHECK of the table would not let it happen
      { file: 'src/seat/store-ending.ts', find: 'update seat.holds h set ended_reason', put: 'update seat.holds h set pinned_by = null, ended_reason' },
      { file: 'src/seat/store-ending.ts', find: 's.hold_id = w.hold_id and s.status = 1', put: 's.hold_id = w.hold_id and s.status in (1, 2)' },
    ],
    faults: ['wallet_frozen'], environment: { HOLD_SECONDS: '6' }, caughtBy: ['payments', 'terminal', 'verify', 'crowd'],
  },
]

export const plantNamed = (name: string): Plant | undefined => plants.find((plant) => plant.name === name)
