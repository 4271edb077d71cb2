import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { Live } from './live.ts'

const patienceMs = 10_000

/** Waits for what is sure to come, and fails instead of hanging. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  for (const end = performance.now() + patienceMs; !holds(); await wait(2)) assert.ok(performance.now() < end, `in vain: ${what}`)
}

/** Says the same until it is heard: a subscription takes a moment to reach the other side. */
export async function heardBy(live: Live, channel: string, text: string, heard: string[]): Promise<void> {
  for (const end = performance.now() + patienceMs; !heard.includes(text); await wait(10)) {
    assert.ok(performance.now() < end, `${text} was not heard on ${channel}`)
    live.publish(channel, text)
  }
}

/** What every adapter of the port promises. `open` gives one process's port. */
export function liveContract(adapter: string, open: () => Live | Promise<Live>) {
  const listen = (live: Live, channel: string) => {
    const heard: string[] = []
    return { heard, stop: live.subscribe(channel, (text) => void heard.push(text)) }
  }

  test(`${adapter}: news is heard at once in its own process, once each and in order, by everybody who listens`, async () => {
    const live = await open()
    const channel = randomUUID()
    const [one, two] = [listen(live, channel), listen(live, channel)]
    for (const text of ['1', '2', '3']) live.publish(channel, text)
    assert.deepEqual([one.heard, two.heard], [['1', '2', '3'], ['1', '2', '3']])
  })

  test(`${adapter}: channels are apart, and nothing is kept for who listens later`, async () => {
    const live = await open()
    const [a, b] = [randomUUID(), randomUUID()]
    live.publish(a, 'too early')
    const [onA, onB] = [listen(live, a), listen(live, b)]
    live.publish(a, 'to a')
    live.publish(b, 'to b')
    assert.deepEqual([onA.heard, onB.heard], [['to a'], ['to b']])
  })

  test(`${adapter}: who stops listening hears no more, and takes nobody along`, async () => {
    const live = await open()
    const channel = randomUUID()
    const [one, two] = [listen(live, channel), listen(live, channel)]
    one.stop()
    one.stop()
    live.publish(channel, 'still there?')
    two.stop()
    live.publish(channel, 'nobody')
    const again = listen(live, channel)
    live.publish(channel, 'again')
    assert.deepEqual([one.heard, two.heard, again.heard], [[], ['still there?'], ['again']])
  })

  test(`${adapter}: who stops while news is told still lets the others hear it`, async () => {
    const live = await open()
    const channel = randomUUID()
    const stopFirst = live.subscribe(channel, () => stopFirst())
    const second = listen(live, channel)
    live.publish(channel, 'x')
    live.publish(channel, 'y')
    assert.deepEqual(second.heard, ['x', 'y'])
  })
}

/** What only an adapter between processes promises: `open` gives the port of one more process. */
export function sharedLiveContract(adapter: string, open: () => Promise<Live>) {
  test(`${adapter}: what one process tells, the other hears, in order, and the teller once`, async () => {
    const [teller, hearer] = [await open(), await open()]
    const channel = randomUUID()
    const [near, far]: [string[], string[]] = [[], []]
    teller.subscribe(channel, (text) => void near.push(text))
    hearer.subscribe(channel, (text) => void far.push(text))
    await heardBy(teller, channel, 'begin', far)
    const told = Array.from({ length: 200 }, (_, i) => `${i} 가 ${'x'.repeat(300)}`)
    for (const text of told) teller.publish(channel, text)
    await until(() => far.includes(told.at(-1) ?? ''), 'the last one')
    assert.equal(far.filter((text) => text !== 'begin').join('\n') === told.join('\n'), true, 'all, once each and in order')
    hearer.publish(channel, 'back')
    await until(() => near.includes('back'), 'the answer')
    assert.equal(near.filter((text) => text !== 'begin').join('\n') === [...told, 'back'].join('\n'), true, 'its own once each')
  })

  test(`${adapter}: who stopped listening and begins again hears the others again`, async () => {
    const [teller, hearer] = [await open(), await open()]
    const channel = randomUUID()
    const heard: string[] = []
    const stop = hearer.subscribe(channel, (text) => void heard.push(text))
    await heardBy(teller, channel, 'first', heard)
    stop()
    hearer.subscribe(channel, (text) => void heard.push(text))
    await heardBy(teller, channel, 'second', heard)
  })
}
