import { memo } from 'react'

/** Two inks and paper; six compositions: an empty house already looks like a season. */
const palettes = [
  ['#F4E9D8', '#7C2D3A', '#1F3A4D'], ['#E4EFEA', '#1E6B5A', '#2A2140'], ['#F6E3DC', '#A6402B', '#2B2B3C'], ['#E6E9F5', '#2F4DA0', '#3C1F3F'],
  ['#F2EFD9', '#6B6A1E', '#22313B'], ['#EFE3F0', '#7A3B83', '#1F3340'], ['#DFF0F4', '#0E6074', '#3A2415'], ['#F7E6C9', '#8A5A00', '#2E1F3E'],
  ['#E9F0DC', '#47702A', '#302036'], ['#F6DFE6', '#A32F5D', '#1E2F45'], ['#E8E4DC', '#4A4A4A', '#7A2A22'], ['#DDE8F7', '#1F5590', '#43291A'],
] as const

/** The same concert always has the same poster. */
export function hashOf(text: string) {
  let hash = 2_166_136_261
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16_777_619)
  return hash >>> 0
}

/** Drawn once: the list of shows is written anew each second for its clocks, and a poster has up to 170 shapes. */
export const Poster = memo(function Poster({ id, title }: { id: string; title: string }) {
  const hash = hashOf(id)
  const [paper, one, two] = palettes[hash % 12] as (typeof palettes)[number]
  return (
    <svg className="poster" viewBox="0 0 400 300" aria-hidden="true">
      <rect width="400" height="300" fill={paper} />
      <Composition kind={Math.floor(hash / 12) % 6} one={one} two={two} turn={(hash >>> 8) % 60} />
      <rect y="212" width="400" height="88" fill={paper} />
      <text x="24" y="248" fontSize="25" fontWeight="700" fill="#1D1B22">{short(title, 15)}</text>
      <path d="M24 268h352" stroke="#1D1B22" strokeWidth="4" strokeDasharray="0.1 10" strokeLinecap="round" />
    </svg>
  )
})

/** Korean letters are about twice as wide. */
function short(title: string, wide: number) {
  let width = 0
  const kept = [...title].filter((letter) => {
    width += letter > '\u2000' ? 1 : 0.58
    return width <= wide
  })
  return kept.length === [...title].length ? title : `${kept.join('').trim()}…`
}

function Composition({ kind, one, two, turn }: { kind: number; one: string; two: string; turn: number }) {
  const many = (n: number) => Array.from({ length: n }, (_, i) => i)
  switch (kind) {
    case 0:
      return <g>{many(5).map((i) => <path key={i} d={`M${60 + i * 70} 0L${-20 + i * 90 + turn} 212h${60 + i * 6}z`} fill={i % 2 ? one : two} opacity={i % 2 ? 0.9 : 0.75} />)}</g>
    case 1:
      return <g fill="none">{many(9).map((i) => <circle key={i} cx={200 + turn - 30} cy="212" r={24 + i * 24} stroke={i % 3 === 0 ? two : one} strokeWidth={i % 2 ? 4 : 12} />)}</g>
    case 2:
      return <g>{many(9).flatMap((row) => many(18).map((seat) => <circle key={`${row}-${seat}`} cx={18 + seat * 22} cy={24 + row * 21 + Math.sin((seat + turn) / 3) * 10} r={(row + seat) % 7 === 0 ? 8 : 5} fill={(row * 3 + seat + turn) % 11 === 0 ? two : one} />))}</g>
    case 3:
      return <g>{many(6).map((i) => <rect key={i} x={i * 30} y={26 + i * 30} width={400 - i * 60} height="20" fill={i % 3 === 1 ? two : one} />)}</g>
    case 4:
      return <g>{many(13).flatMap((x) => many(7).map((y) => <circle key={`${x}-${y}`} cx={16 + x * 31} cy={20 + y * 30} r={Math.max(2, 15 - Math.hypot(x - 6 + turn / 20 - 1, y - 3) * 2.200)} fill={(x + y) % 5 === 0 ? two : one} />))}</g>
    default:
      return <g><circle cx={120 + turn * 2} cy="140" r="92" fill={one} /><rect y="150" width="400" height="62" fill={two} />{many(4).map((i) => <path key={i} d={`M0 ${162 + i * 14}h400`} stroke={one} strokeWidth={4 - i * 0.800} />)}</g>
  }
}
