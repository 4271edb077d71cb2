import assert from 'node:assert/strict'
import { test } from 'node:test'
import { show, sizes } from './looks.ts'
import { openScene, type Shot } from './scene.ts'
import { chromiumMissing, openStage, sidewaysBy, type Stage, violationsOf } from './stage.ts'
import { type Group, parts } from './states.ts'

/** A line is a real-time event, which WCAG 2.2.1 excepts: without scripts nothing else brings the place. */
const excepted: Record<string, RegExp> = { 'line-plain': /^meta-refresh: / }
const narrow = { width: 320, height: 720 }

/** Tests of every state of a group, each part of it in one of the languages: the pictures are made in both. */
export function checkStates(group: Group) {
  for (const [name, { walk, environment, pages, states, language }] of Object.entries(parts).filter(([, part]) => part.group === group))
    test(`every state of ${name} has no violation of WCAG 2.2 AA in light and dark and does not scroll sideways at 320 px, ${language}`, { skip: chromiumMissing, timeout: 150_000 }, async (t) => {
      const stage = await openStage(environment)
      // also when time is up: then the walk ends, for it finds neither server nor browser
      t.after(() => stage.close())
      const scene = openScene(stage, language)
      const seen: string[] = []
      for await (const shot of walk(scene)) {
        seen.push(shot.name)
        await sound(stage, shot).catch((cause) => assert.fail(`${shot.name}: ${cause}`))
      }
      await scene.close()
      assert.deepEqual(seen.toSorted(), [...pages, ...states].toSorted(), 'the table of states and the walk')
    })
}

async function sound(stage: Stage, { page, name }: Shot) {
  await show(page, narrow, 'light')
  const wide = await sidewaysBy(page)
  assert.ok(wide <= 0, `scrolls sideways by ${wide} px`)
  for (const light of ['dark', 'light'] as const) {
    await show(page, sizes.phone, light)
    const found = await violationsOf(stage, page)
    assert.deepEqual(found.filter((violation) => !excepted[name]?.test(violation)), [], light)
  }
}
