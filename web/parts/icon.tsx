const paths = {
  bad: 'M12 3 22 20H2Z M12 9v5 M12 16.500v1.500',
  good: 'M4 13l5 5L20 7',
  info: 'M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18 M12 11v6 M12 7v1.500',
  wait: 'M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18 M12 7v5l3 3',
  lock: 'M6 11h12v9H6z M8.500 11V8a3.500 3.500 0 0 1 7 0v3',
} as const
export type IconName = keyof typeof paths

export const Icon = ({ name }: { name: IconName }) => (
  <svg viewBox="0 0 24 24" width="24" height="24" fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true"><path d={paths[name]} /></svg>
)

/** Three seats in two rows, one of them lit: the one that is yours. */
export const Mark = () => (
  <svg viewBox="0 0 32 32" aria-hidden="true">
    <rect width="32" height="32" rx="8" fill="#17161C" />
    <path d="M6 12a10 6 0 0 1 20 0" fill="none" stroke="#F3F0E8" strokeWidth="2" />
    <g fill="#8D8899"><circle cx="9" cy="19" r="2.500" /><circle cx="23" cy="19" r="2.500" /><circle cx="12.500" cy="25.500" r="2.500" /><circle cx="19.500" cy="25.500" r="2.500" /></g>
    <circle cx="16" cy="19" r="2.500" fill="#F7C25C" />
  </svg>
)
