/** What a concert and its shows may have at most; a file of its own, for the web app reads it too. */
export const concertLimits = {
  sectionsMax: 200, rowsMax: 400, rowSeatsMax: 400, seatsMax: 100_000, windowsMax: 10, codesMax: 1_000, gradesMax: 20, priceTypesMax: 10, pageSizeMax: 100, pagesMax: 100_000,
  showsMax: 200, searchMin: 2, openingMinutesMax: 1_440, lobbyMsMin: 60_000, ownConcertsMax: 30, ownShowsShownMax: 6, staffMax: 100, sectionNameMax: 40, rowNameMax: 20, gradeNameMax: 40, reasonMax: 200,
  /** distances of seats from the middle of the stage, and the widest and deepest standing floor */
  hallReachMax: 2_000, floorSizeMax: 400, pitchMin: 1, pitchMax: 4,
} as const
