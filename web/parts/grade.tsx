import type { ReactNode } from 'react'
import { lookOf, type Shape } from './looks.ts'

const shapes: Record<Shape, ReactNode> = {
  circle: <circle cx="16" cy="16" r="15" />,
  square: <rect x="2" y="2" width="28" height="28" rx="7" />,
  diamond: <path d="M16 0 32 16 16 32 0 16Z" />,
  hexagon: <path d="M16 0 30 8V24L16 32 2 24V8Z" />,
  triangle: <path d="M16 1 32 30H0Z" />,
}

export function GradeSign({ index, name }: { index: number; name: string }) {
  const { fill, shape, dotted } = lookOf(index)
  return (
    <svg className="grade" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
      <g fill={fill}>{shapes[shape]}</g>
      <text x="16" y={shape === 'triangle' ? 25 : 21.500} textAnchor="middle" fontSize="15" fontWeight="700" fill="#131218">{[...name][0] ?? ''}</text>
      {dotted ? <circle cx="16" cy="5" r="2.500" fill="#131218" /> : null}
    </svg>
  )
}
