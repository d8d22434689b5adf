// The part of plots.tsx that brings the whole plotting library with it.
import { Area, Bar, Column, Line, Pie } from '@ant-design/plots'
import type { ComponentType } from 'react'
import type { PlotProps } from './plots'

const kinds = { Area, Bar, Column, Line, Pie }

export default function Drawn({ kind, ...config }: PlotProps) {
  const Kind = kinds[kind] as unknown as ComponentType<object>
  return <Kind {...config} />
}
