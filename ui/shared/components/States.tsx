// The states that every list, page and form has besides 'full'.
import type { ReactNode } from 'react'
import { asProblem } from '../problem'
import { useSlow } from '../api'
import { CopyId } from './CopyId'
import { useT } from './words'

export interface SkeletonProps {
  /** What is coming: a page with a hero number, rows of a list, lines of text, a form or a plot. */
  shape?: 'page' | 'list' | 'text' | 'form' | 'plot'
  rows?: number
}

/** Skeleton holds the place of what is loading; after a second it says so in words. */
export function Skeleton({ shape = 'list', rows = shape === 'text' ? 3 : 5 }: SkeletonProps) {
  const t = useT()
  const slow = useSlow(true)
  const bars = (n: number, name: string) => Array.from({ length: n }, (_, i) => <div key={`${name}${i}`} className={`tb-bone tb-bone-${name}`} />)
  return (
    <div className="tb-skeleton" role="status" aria-busy="true">
      <span className={slow ? 'tb-soft' : 'tb-sr'}>{slow ? t('state.slow') : t('state.loading')}</span>
      <div aria-hidden="true" className="tb-skeleton-bones">
        {shape === 'page' && bars(1, 'hero')}
        {shape === 'plot' ? bars(1, 'plot') : bars(rows, shape === 'page' || shape === 'list' ? 'row' : shape === 'form' ? 'field' : 'line')}
      </div>
    </div>
  )
}

export interface EmptyStateProps {
  /** A sentence: what would be here. */
  children: ReactNode
  /** The next step: a button or a link. */
  action?: ReactNode
}

/** EmptyState is a list with nothing in it yet: a sentence and the next step. */
export function EmptyState({ children, action }: EmptyStateProps) {
  return (
    <div className="tb-empty">
      <svg viewBox="0 0 96 64" width="96" height="64" aria-hidden="true">
        <rect x="12" y="14" width="72" height="40" rx="8" className="tb-draw-fill" />
        <path d="M24 28h32M24 38h20" className="tb-draw-line" />
        <circle cx="68" cy="34" r="7" className="tb-draw-line" />
      </svg>
      <p>{children}</p>
      {action}
    </div>
  )
}

export interface ErrorStateProps {
  error: unknown
  /** Tries again; leave it out where that makes no sense. */
  onRetry?: () => void
  /** A sentence of the page's own on what to do. */
  hint?: ReactNode
}

/** ErrorState says what happened, whether money moved, what to do, and offers to try again. */
export function ErrorState({ error, onRetry, hint }: ErrorStateProps) {
  const t = useT()
  const problem = asProblem(error)
  return (
    <div className="tb-error" role="alert">
      <strong>{t('error.title')}</strong>
      <p>{problem.text(t.lang)}</p>
      <p className="tb-soft">{t(`error.money.${problem.moved}`)}</p>
      {hint && <p>{hint}</p>}
      {onRetry && (
        <button type="button" className="tb-button" onClick={onRetry}>
          {t('act.retry')}
        </button>
      )}
      {problem.requestId && (
        <p className="tb-soft">
          {t('error.request')} <CopyId id={problem.requestId} what={t('error.request')} />
        </p>
      )}
    </div>
  )
}

export interface LoadProps<D> {
  query: { data: D | undefined; error: unknown; isPending: boolean; refetch: () => unknown }
  skeleton?: SkeletonProps
  /** When the answer holds nothing, and what stands there then. */
  empty?: { when: (data: D) => boolean; show: ReactNode }
  children: (data: D) => ReactNode
}

/** Load gives a query its states: skeleton, error, empty, and the page itself. Old data stays while new is fetched. */
export function Load<D>({ query, skeleton, empty, children }: LoadProps<D>) {
  if (query.data === undefined) {
    if (query.error) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />
    return <Skeleton {...skeleton} />
  }
  if (empty?.when(query.data)) return empty.show
  return children(query.data)
}
