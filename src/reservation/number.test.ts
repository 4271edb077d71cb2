import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drawNumber, isNumber } from './number.ts'

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const numbers = Array.from({ length: 50 }, () => drawNumber(Math.random))

test('a number is eight characters of Crockford base32 whose check character fits', () => {
  for (const number of numbers) {
    assert.match(number, /^[0-9A-HJKMNP-TV-Z]{8}$/)
    assert(isNumber(number))
  }
  assert.equal(isNumber(''), false)
  assert.equal(isNumber('0000000'), false)
  assert.equal(isNumber('ILOU0000'), false)
})

test('every single wrong character is noticed', () => {
  for (const number of numbers) {
    for (let place = 0; place < 8; place++) {
      for (const other of alphabet) {
        const wrong = number.slice(0, place) + other + number.slice(place + 1)
        assert.equal(isNumber(wrong), other === number[place], `${number} heard as ${wrong}`)
      }
    }
  }
})

test('any two characters said in the wrong order are noticed', () => {
  for (const number of numbers) {
    for (let a = 0; a < 8; a++) {
      for (let b = a + 1; b < 8; b++) {
        const characters = [...number]
        ;[characters[a], characters[b]] = [characters[b] ?? '', characters[a] ?? '']
        assert.equal(isNumber(characters.join('')), number[a] === number[b])
      }
    }
  }
})
