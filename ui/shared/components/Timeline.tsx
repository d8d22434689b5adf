import type { ReactNode } from 'react'
import type { Moment } from '../time'
import { When } from './Time'
import { useT } from './words'

export interface TimelineStep {
  key: string
  title: ReactNode
  /** done: it happened; now: what is waited for; next: what comes after. */
  state: 'done' | 'now' | 'next'
  at?: Moment | undefined
  /** A line beneath: a countdown, who acted, a tracking number. */
  note?: ReactNode
}

/** Timeline is a process with its past, present and next step. */
export function Timeline({ steps, label }: { steps: TimelineStep[]; label: string }) {
  const t = useT()
  return (
    <ol className="tb-timeline" aria-label={label}>
      {steps.map(({ key, title, state, at, note }) => (
        <li key={key} className={`tb-timeline-${state}`} aria-current={state === 'now' ? 'step' : undefined}>
          <div className="tb-timeline-title">
            <span className="tb-sr">{t(`timeline.${state}`)}: </span>
            <span>{title}</span>
            {at !== undefined && <When at={at} className="tb-soft" />}
          </div>
          {note && <div className="tb-soft">{note}</div>}
        </li>
      ))}
    </ol>
  )
}
