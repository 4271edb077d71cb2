/** The upper one of an even number; 0 of none. */
export const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0
export const hundredths = (value: number) => Math.round(value * 100) / 100
