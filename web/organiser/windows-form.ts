import type { WireShow, WireWindow } from '../wire.ts'
import { instantOf, localOf } from './zone.ts'
import type { OrganiserWords } from './words.ts'

/** A sales window as it is edited: times on the venue's clock, codes one a line, sections null for all. */
export type WindowForm = { key: string; id?: string; name: string; lobby: string; opens: string; closes: string; audience: WireWindow['audience']; codes: string; sections: string[] | null }
export type WrongWindow = { name?: string | undefined; lobby?: string | undefined; opens?: string | undefined; closes?: string | undefined; codes?: string | undefined; sections?: string | undefined }
const lobbyMsMin = 60_000
const dayMs = 86_400_000

export function formOf({ windows, timeZone }: Pick<WireShow, 'windows' | 'timeZone'>): WindowForm[] {
  return windows.map(({ id, name, lobbyOpensAt, opensAt, closesAt, audience, sections }) => ({
    key: id, id, name, lobby: lobbyOpensAt === null ? '' : localOf(lobbyOpensAt, timeZone), opens: localOf(opensAt, timeZone), closes: localOf(closesAt, timeZone), audience, codes: '', sections,
  }))
}

/** The next full hour of tomorrow, until a day before the show. */
export function freshWindow(show: Pick<WireShow, 'startsAt' | 'timeZone'>, now: number): WindowForm {
  const [opens, closes] = [localOf(now + dayMs, show.timeZone), localOf(Date.parse(show.startsAt) - dayMs, show.timeZone)]
  return { key: crypto.randomUUID(), name: '', lobby: '', opens: `${opens.slice(0, 13)}:00`, closes, audience: 'everyone', codes: '', sections: null }
}

const codesOf = ({ codes }: WindowForm) => [...new Set(codes.split('\n').map((code) => code.trim()).filter((code) => code !== ''))]

export function bodyOf(windows: WindowForm[], zone: string) {
  const at = (local: string) => new Date(instantOf(local, zone) ?? Number.NaN).toISOString()
  return {
    windows: windows.map((window) => ({
      ...(window.id ? { id: window.id } : {}),
      name: window.name.trim(), audience: window.audience, sections: window.sections,
      lobbyOpensAt: window.lobby === '' ? null : at(window.lobby), opensAt: at(window.opens), closesAt: at(window.closes),
      ...(window.audience === 'codes' && codesOf(window).length > 0 ? { codes: codesOf(window) } : {}),
    })),
  }
}

/** What the server would refuse of one window, field by field; whether windows overlap it knows best. */
export function wrongOf(window: WindowForm, all: WindowForm[], { zone, codeCount, words }: { zone: string; codeCount: number; words: OrganiserWords['windows'] }): WrongWindow {
  const [lobby, opens, closes] = [window.lobby, window.opens, window.closes].map((local) => instantOf(local, zone))
  const name = window.name.trim()
  return {
    name: name === '' ? words.noName : all.some((other) => other !== window && other.name.trim() === name) ? words.twice : undefined,
    opens: opens === undefined ? words.noTime : undefined,
    closes: closes === undefined ? words.noTime : opens !== undefined && closes <= opens ? words.order : undefined,
    lobby: window.lobby === '' ? undefined : lobby === undefined ? words.noTime : opens !== undefined && lobby > opens - lobbyMsMin ? words.lobbyLate : undefined,
    codes: window.audience === 'codes' && codeCount === 0 && codesOf(window).length === 0 ? words.noCode : undefined,
    sections: window.sections?.length === 0 ? words.noSection : undefined,
  }
}
export const isWrong = (wrong: WrongWindow) => Object.values(wrong).some((text) => text !== undefined)
