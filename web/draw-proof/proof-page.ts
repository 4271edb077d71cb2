/** What the pages that recompute have in common: they speak two languages, are about one show, and wait when they are told to. */
export type Language = 'ko' | 'en'

export const asked = new URLSearchParams(location.search)
export const language: Language = (asked.get('lang') ?? navigator.language.slice(0, 2)) === 'en' ? 'en' : 'ko'
export const showId = asked.get('show') ?? ''
export const isShow = /^[0-9a-f-]{36}$/.test(showId)

export const at = <E extends HTMLElement>(id: string) => document.getElementById(id) as E

export function status(text: string) {
  at('status').textContent = text
}

export function element(name: string, text: string) {
  const made = document.createElement(name)
  made.textContent = text
  return made
}

/** Puts the words of one language on the page and into its links to the other. */
export function speak<T extends { title: string }>(texts: Record<Language, T>): T {
  const say = texts[language]
  document.documentElement.lang = language
  document.title = say.title
  for (const text of document.querySelectorAll<HTMLElement>('[data-text]')) text.textContent = String(say[text.dataset.text as keyof T])
  for (const link of document.querySelectorAll<HTMLAnchorElement>('[data-language]')) {
    asked.set('lang', link.dataset.language ?? 'ko')
    link.search = asked.toString()
  }
  return say
}

/** Too fast, it waits as long as it is told and asks again. */
export async function getPatiently(address: string): Promise<Response> {
  const answer = await fetch(address)
  if (answer.status !== 429) return answer
  await new Promise((done) => setTimeout(done, 1_000 * Number(answer.headers.get('retry-after') ?? 1)))
  return getPatiently(address)
}
