// Table is a list of the API as a desk shows it: its four states, pages by
// cursor, and rows whose number columns align right.
import { keepPreviousData, useQuery, type QueryKey } from '@tanstack/react-query'
import { Button, Select, Table as AntTable, type TableProps as AntTableProps } from 'antd'
import { useState, type ReactNode } from 'react'
import { EmptyState, ErrorState, Skeleton } from '../components/States'
import type { Page } from './call'
import { useDeskT } from './words'

const sizes = [20, 50, 100]

/** Pages are a list's page of now, and the way to its neighbours. */
export interface Pages<T> {
  rows: T[] | undefined
  error: unknown
  isFetching: boolean
  refetch: () => void
  number: number
  size: number
  hasNext: boolean
  next: () => void
  previous: () => void
  setSize: (size: number) => void
}

/** usePages asks for a list page by page. A key that changes (a filter) begins anew at the first page. */
export function usePages<T>(key: QueryKey, load: (cursor: string | undefined, limit: number, signal: AbortSignal) => Promise<Page<T>>, options: { size?: number; refetchInterval?: number; enabled?: boolean } = {}): Pages<T> {
  const list = JSON.stringify(key)
  const [size, setSize] = useState(options.size ?? 20)
  const [walked, setWalked] = useState<{ list: string; cursors: string[] }>({ list, cursors: [] })
  const cursors = walked.list === list ? walked.cursors : []
  const cursor = cursors.at(-1)
  const query = useQuery({
    queryKey: [...key, 'page', cursor ?? '', size],
    queryFn: ({ signal }) => load(cursor, size, signal),
    placeholderData: keepPreviousData,
    refetchInterval: cursor ? false : (options.refetchInterval ?? false),
    enabled: options.enabled ?? true,
  })
  const after = query.isPlaceholderData ? null : query.data?.next_cursor
  return {
    rows: query.data?.data,
    error: query.error,
    isFetching: query.isPlaceholderData,
    refetch: () => void query.refetch(),
    number: cursors.length,
    size,
    hasNext: !!after,
    next: () => after && setWalked({ list, cursors: [...cursors, after] }),
    previous: () => setWalked({ list, cursors: cursors.slice(0, -1) }),
    setSize: (n) => {
      setSize(n)
      setWalked({ list, cursors: [] })
    },
  }
}

export interface TableProps<T> {
  pages: Pages<T>
  /** What the table holds, for screen readers. */
  label: string
  columns: NonNullable<AntTableProps<T>['columns']>
  rowKey: (row: T) => string
  empty?: ReactNode
  onOpen?: (row: T) => void
  expanded?: (row: T) => ReactNode
  /** The narrowest that the columns can be read at. */
  width?: number
  rowClass?: (row: T) => string
}

export function Table<T extends object>({ pages, label, columns, rowKey, empty, onOpen, expanded, width = 800, rowClass }: TableProps<T>) {
  const t = useDeskT()
  if (!pages.rows) return pages.error ? <ErrorState error={pages.error} onRetry={pages.refetch} /> : <Skeleton rows={6} />
  if (!pages.rows.length && pages.number === 0 && !pages.hasNext) return <>{empty ?? <EmptyState>{t('table.none')}</EmptyState>}</>
  const from = pages.number * pages.size
  return (
    <div className="desk-table">
      <Rows {...{ label, columns, rowKey, onOpen, expanded, width, rowClass }} rows={pages.rows} busy={pages.isFetching} />
      {(pages.number > 0 || pages.hasNext || pages.size !== 20) && (
        <div className="desk-pager">
          <span className="tb-soft" role="status">
            {t('table.of', { from: pages.rows.length ? from + 1 : from, to: from + pages.rows.length })}
          </span>
          <Select
            size="small"
            aria-label={t('table.size')}
            value={pages.size}
            onChange={pages.setSize}
            options={sizes.map((n) => ({ value: n, label: t('table.size.n', { n }) }))}
          />
          <Button size="small" disabled={pages.number === 0} onClick={pages.previous}>
            {t('table.prev')}
          </Button>
          <Button size="small" disabled={!pages.hasNext} onClick={pages.next}>
            {t('table.next')}
          </Button>
        </div>
      )}
    </div>
  )
}

/** Rows is the table alone, of rows that are all here. */
export function Rows<T extends object>({
  rows,
  label,
  columns,
  rowKey,
  onOpen,
  expanded,
  width = 800,
  rowClass,
  busy = false,
}: Omit<TableProps<T>, 'pages' | 'empty' | 'onOpen' | 'expanded' | 'rowClass'> & {
  rows: T[]
  busy?: boolean
  onOpen?: ((row: T) => void) | undefined
  expanded?: ((row: T) => ReactNode) | undefined
  rowClass?: ((row: T) => string) | undefined
}) {
  const t = useDeskT()
  return (
    <div role="region" aria-label={label} aria-busy={busy} className={busy ? 'desk-busy' : undefined}>
      <AntTable<T>
        size="middle"
        dataSource={rows}
        columns={columns}
        rowKey={rowKey}
        pagination={false}
        scroll={{ x: width }}
        {...(rowClass ? { rowClassName: rowClass } : {})}
        {...(onOpen
          ? {
              // The row is a larger target for the mouse; the keyboard has the link in it.
              onRow: (row: T) => ({
                className: 'desk-row',
                onClick: (event) => {
                  if ((event.target as HTMLElement).closest('a, button, input, label')) return
                  if (getSelection()?.toString()) return
                  onOpen(row)
                },
              }),
            }
          : {})}
        {...(expanded
          ? {
              expandable: {
                expandedRowRender: expanded,
                expandIcon: ({ expanded: open, onExpand, record }) => (
                  <button type="button" className="tb-plain desk-unroll" aria-expanded={open} aria-label={t(open ? 'table.collapse' : 'table.expand')} onClick={(e) => onExpand(record, e)}>
                    {open ? '−' : '+'}
                  </button>
                ),
              },
            }
          : {})}
      />
    </div>
  )
}
