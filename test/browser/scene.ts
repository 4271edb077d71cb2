import type { Page } from 'playwright-core'
import { en } from '../../web/words/en.ts'
import { ko } from '../../web/words/ko.ts'
import { type Allowed, type Fan, session, type Stage, type Visit } from './stage.ts'

export type Language = 'ko' | 'en'
/** One state of one page, as it stands: whoever is handed it may look in any light and size, and leaves it as it was. */
export type Shot = { name: string; page: Page }
/** Brings pages into their states, one after the other, the way a fan would get there. */
export type Walk = (scene: Scene) => AsyncGenerator<Shot>
export type Scene = ReturnType<typeof openScene>
export const phone = { width: 390, height: 844 }

/** A server and a reader's language; every visit is closed, and has met nothing that it did not expect. */
export function openScene(stage: Stage, language: Language) {
  const visits: Visit[] = []
  const visit = async (allowed: Allowed = []) => {
    const made = await stage.visit({ language, width: phone.width, phone: false }, allowed)
    visits.push(made)
    return made
  }
  return {
    stage, language, visit, words: language === 'ko' ? ko : en,
    /** somebody signed in, with money */
    enter: async ({ allowed = [], fan }: { allowed?: Allowed; fan?: Fan } = {}) => {
      const who = fan ?? (await stage.fan(language === 'ko' ? {} : { name: 'Minji Han' }))
      const made = await visit(allowed)
      return { ...made, fan: who, token: await session(made, who) }
    },
    /** one of two texts */
    say: (ko: string, en: string) => (language === 'ko' ? ko : en),
    close: async () => {
      for (const each of visits) await each.close()
    },
  }
}
