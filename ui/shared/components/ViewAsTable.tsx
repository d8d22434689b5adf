import { useId, useState, type ReactNode } from 'react'
import { useT } from './words'

export interface ViewAsTableProps<Row> {
  title: string
  rows: Row[]
  columns: { title: string; cell: (row: Row) => ReactNode; number?: boolean }[]
  rowKey: (row: Row) => string
  /** The plot; it is drawn only while it is shown. */
  children: ReactNode
}

/** ViewAsTable puts the table behind a plot, one button away. */
export function ViewAsTable<Row>({ title, rows, columns, rowKey, children }: ViewAsTableProps<Row>) {
  const t = useT()
  const [table, setTable] = useState(false)
  const id = useId()
  return (
    <figure className="tb-plot" aria-labelledby={id}>
      <figcaption>
        <span id={id}>{title}</span>
        <button type="button" className="tb-plain" aria-pressed={table} onClick={() => setTable(!table)}>
          {table ? t('plot.plot') : t('plot.table')}
        </button>
      </figcaption>
      {table ? (
        <div className="tb-scroll" tabIndex={0} role="region" aria-labelledby={id}>
          <table className="tb-table">
            <thead>
              <tr>
                {columns.map((c) => (
                  <th key={c.title} scope="col" className={c.number ? 'tb-number' : undefined}>
                    {c.title}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={rowKey(row)}>
                  {columns.map((c) => (
                    <td key={c.title} className={c.number ? 'tb-number' : undefined}>
                      {c.cell(row)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : (
        <div className="tb-plot-area">{children}</div>
      )}
    </figure>
  )
}
