// plots loads @ant-design/plots when the first plot is shown, and dresses it
// in the tokens. Never import the package itself from a page.
//
//	<ViewAsTable …><Plot kind="Column" data={…} xField="day" yField="amount" /></ViewAsTable>
import { lazy, Suspense } from 'react'
import type { AreaConfig, BarConfig, ColumnConfig, LineConfig, PieConfig } from '@ant-design/plots'
import { Skeleton } from './components/States'
import { useMode, useTokens } from './theme'

interface Kinds {
  Column: ColumnConfig
  Bar: BarConfig
  Line: LineConfig
  Area: AreaConfig
  Pie: PieConfig
}

export type PlotProps = { [K in keyof Kinds]: { kind: K } & Kinds[K] }[keyof Kinds]

const Drawn = lazy(() => import('./plots-drawn'))

/** roomFor is the top of an axis in yuan, where so little was taken that it would be divided into jiao. */
export function roomFor(yuan: number[]): { domainMax?: number } {
  return Math.max(0, ...yuan) < 10 ? { domainMax: 10 } : {}
}

/** Plot draws zero-based, in the brand's colour, without a legend unless asked; put a ViewAsTable around it. */
export function Plot(props: PlotProps) {
  const c = useTokens()
  const mode = useMode()
  const dressed = {
    theme: {
      type: 'classic', // in the dark too: classicDark turns the labels of the axis on their side
      view: { viewFill: 'transparent' },
      axis: { labelFill: c.textSoft, labelOpacity: 1, lineStroke: c.line, tickStroke: c.textSoft, titleFill: c.textSoft, gridStroke: c.line, gridStrokeOpacity: 1 },
      color: c.brand,
      label: { fill: c.text },
      category10: [c.brand, c.green, c.amber, c.red, c.textSoft],
    },
    legend: false,
    autoFit: true,
    animate: matchMedia('(prefers-reduced-motion: reduce)').matches ? false : undefined,
    ...props,
  } as PlotProps
  return (
    <Suspense fallback={<Skeleton shape="plot" />}>
      <Drawn key={mode} {...dressed} />
    </Suspense>
  )
}
