import { type ReactNode, useState } from 'react'
import { useRead } from '../data.ts'
import { Loaded } from '../parts/frame.tsx'
import type { Listed } from '../wire.ts'
import { useWords } from '../words/index.ts'

type Props<T> = { page: Listed<T>; path: string; everyMs: number; children: (items: T[]) => ReactNode }

/** A page of a list, and on demand the next below it, each read by itself. */
export function Pages<T>({ page: { items, nextCursor }, ...more }: Props<T>) {
  const { common } = useWords()
  const [isMore, setMore] = useState(false)
  const next = nextCursor === null ? null : isMore ? <NextPage cursor={nextCursor} {...more} /> : <p><button type="button" className="button" onClick={() => setMore(true)}>{common.more}</button></p>
  return <>{more.children(items)}{next}</>
}

function NextPage<T>({ cursor, ...more }: Omit<Props<T>, 'page'> & { cursor: string }) {
  const { path, everyMs } = more
  const read = useRead<Listed<T>>(`${path}${path.includes('?') ? '&' : '?'}cursor=${cursor}`, { everyMs })
  return <Loaded read={read}>{(page) => <Pages page={page} {...more} />}</Loaded>
}
