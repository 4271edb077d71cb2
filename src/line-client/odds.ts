export const odds = ['very likely', 'likely', 'uncertain', 'unlikely', 'almost none'] as const
export type Odds = (typeof odds)[number]

/** Seats per seat wanted before and by me: from this many on the word holds. */
/** below it a seat is very unlikely */
export const hopelessBelow = 0.2
const thresholds = [1.6, 1.1, 0.7, hopelessBelow]
/** A word changes only when the figure is this much beyond the threshold, and has been for a while. */
const margin = 1.12
const dwellMs = 5_000

/** Seats that are likely to be there, for each that is wanted by the people ahead and by me. */
export const coverOf = (seats: number, ahead: number, perPerson: number) => seats / ((ahead + 1) * perPerson)

const wordOf = (cover: number): number => {
  const index = thresholds.findIndex((threshold) => cover >= threshold)
  return index < 0 ? thresholds.length : index
}

/**
 * The odds in a word that does not flicker: around a threshold the old word stays, and a new one has to be true for five
 * seconds. That nothing is left is said at once.
 */
export function createOdds() {
  let shown: number | undefined
  let candidate: { word: number; since: number } | undefined
  return (cover: number, now: number): Odds => {
    const word = wordOf(cover)
    shown ??= word
    const isBeyond = word !== shown && wordOf(word > shown ? cover * margin : cover / margin) !== shown
    if (cover === 0) shown = word
    else if (!isBeyond) candidate = undefined
    else if (candidate === undefined || word > shown !== candidate.word > shown) candidate = { word, since: now }
    else if (now - candidate.since >= dwellMs) {
      shown = wordOf(word > shown ? cover * margin : cover / margin)
      candidate = undefined
    }
    return odds[shown] as Odds
  }
}

/** Until it is seen how much people take. */
export const perPersonExpected = 1.5
const peopleMin = 20
const memory = 0.9

/** How many seats each person let in has taken so far: seats that went while the line moved, the past counting less and less. */
export function createTake() {
  let before: { admitted: number; seats: number } | undefined
  let people = 0
  let taken = 0
  return (admitted: number, seats: number): number => {
    if (before && admitted > before.admitted) {
      people = people * memory + admitted - before.admitted
      taken = Math.max(0, taken * memory + before.seats - seats)
    } else if (before) taken = Math.max(0, taken + before.seats - seats)
    before = { admitted, seats }
    // what is expected weighs as much as a few people
    return Math.min(4, Math.max(0.25, (taken + perPersonExpected * peopleMin) / (people + peopleMin)))
  }
}
