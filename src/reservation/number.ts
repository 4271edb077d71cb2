const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const dataLength = 7

/**
 * A reservation's number: seven random characters of Crockford base32 (no I, L, O, U) and a check character. The
 * characters are values of GF(32) and the check makes Σ value·α^place zero, so one wrong character and any two
 * characters in each other's place are always noticed. `random` gives a fraction below 1.
 */
export function drawNumber(random: () => number): string {
  const values = Array.from({ length: dataLength }, () => Math.floor(random() * alphabet.length))
  return [...values, doubled(weighted(values))].map((value) => alphabet[value]).join('')
}

/** True for a number whose check character fits; small letters, spaces and look-alikes (O, I, L) must be mended before. */
export function isNumber(text: string): boolean {
  const values = [...text].map((character) => alphabet.indexOf(character))
  return values.length === dataLength + 1 && !values.includes(-1) && weighted(values) === 0
}

const weighted = (values: number[]) => values.reduce((sum, value) => doubled(sum) ^ value, 0)

/** Times α in GF(32) with x⁵ + x² + 1. */
const doubled = (value: number) => (value & 16 ? (value << 1) ^ 0b100101 : value << 1)
