import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { gradeLooks } from '../web/parts/looks.ts'

const css = readFileSync(new URL('../web/styles/tokens.css', import.meta.url), 'utf8')
/** Tokens by name, light and dark. */
const tokens = new Map([...css.matchAll(/--([\w-]+): (?:light-dark\((#\w{6}), (#\w{6})\)|(#\w{6}));/g)].map(([, name, light, dark, both]) => [name ?? '', [light ?? both ?? '', dark ?? both ?? '']]))
type Rgb = [number, number, number]

const linear = (hex: string): Rgb => [1, 3, 5].map((at) => {
  const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
}) as Rgb
const luminance = ([r, g, b]: Rgb) => 0.2126 * r + 0.7152 * g + 0.0722 * b
function contrast(one: string, other: string) {
  const [a, b] = [luminance(linear(one)), luminance(linear(other))].sort((x, y) => y - x) as [number, number]
  return (a + 0.05) / (b + 0.05)
}

test('text stands out of what it is written on by 4.5, controls and the lamp’s edge by 3, in both themes', () => {
  const pairs: [string, string, number][] = [
    ['ink', 'paper', 15], ['ink', 'surface', 15], ['ink-2', 'paper', 7], ['ink-2', 'surface', 7], ['ink-2', 'sunk', 6], ['edge', 'paper', 3], ['edge', 'surface', 3],
    ['jjok', 'paper', 7], ['jjok', 'surface', 7], ['on-jjok', 'jjok', 7], ['on-jjok', 'jjok-press', 7], ['jjok', 'jjok-soft', 6], ['on-lamp', 'lamp', 7], ['lamp-text', 'paper', 6.9],
    ['ink', 'lamp-soft', 11], ['lamp-edge', 'paper', 3], ['lamp-edge', 'surface', 3], ['pine', 'surface', 6], ['bean', 'surface', 7], ['bean', 'paper', 6], ['hall-ink', 'hall', 15], ['hall-ink-2', 'hall', 8], ['hall-edge', 'hall', 4.5],
  ]
  for (const [one, other, least] of pairs)
    for (const theme of [0, 1]) {
      const [a, b] = [tokens.get(one)?.[theme], tokens.get(other)?.[theme]]
      assert.ok(a && b, `${one} or ${other} is not a token`)
      assert.ok(contrast(a, b) >= least, `${one} on ${other}, theme ${theme}: ${contrast(a, b).toFixed(1)}`)
    }
})

test('each grade stands out of the hall by 4 and carries its letter by 4.5', () => {
  for (const { fill } of gradeLooks) {
    assert.ok(contrast(fill, '#17161C') >= 4, `${fill} on the hall ${contrast(fill, '#17161C').toFixed(2)}`)
    assert.ok(contrast(fill, '#131218') >= 4.5, `the letter on ${fill} ${contrast(fill, '#131218').toFixed(2)}`)
  }
  assert.equal(new Set(gradeLooks.map(({ shape }) => shape)).size, gradeLooks.length)
})

/** Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB. */
const sight: Record<string, number[]> = {
  normal: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  protanopia: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  deuteranopia: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  tritanopia: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
}

function lab(hex: string, m: number[]): Rgb {
  const rgb = linear(hex)
  const [r, g, b] = [0, 1, 2].map((row) => Math.min(1, Math.max(0, rgb.reduce((sum, value, i) => sum + value * (m[row * 3 + i] ?? 0), 0)))) as Rgb
  const xyz = [(0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047, 0.2126729 * r + 0.7151522 * g + 0.072175 * b, (0.0193339 * r + 0.119192 * g + 0.9503041 * b) / 1.08883]
  const [x, y, z] = xyz.map((t) => (t > 216 / 24_389 ? Math.cbrt(t) : (24_389 / 27 * t + 16) / 116)) as Rgb
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)]
}

test('grades and the lamp stay apart by ΔE 25 for every kind of colour vision', () => {
  const colours = [...gradeLooks.map(({ fill }) => fill), tokens.get('lamp')?.[1] ?? '']
  for (const [name, matrix] of Object.entries(sight))
    for (const [i, one] of colours.entries())
      for (const other of colours.slice(i + 1)) {
        const [a, b] = [lab(one, matrix), lab(other, matrix)]
        const distance = Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2])
        assert.ok(distance >= 25, `${one} and ${other} are ${distance.toFixed(1)} apart with ${name}`)
      }
})
