import { Countdown, formatMoney, Timeline } from '@shared'
import { stepsOf } from '@shared/steps'
import type { Payment } from '../api/wallet'
import { useT } from '../i18n'

// The whole amount, which stands above.
const said = new Set(['line.created', 'line.finished'])

/** Life is the order's timeline: past, present with its deadline, next step. */
export function Life({ payment: p }: { payment: Payment }) {
  const t = useT()
  return (
    <Timeline
      label={t('order.timeline')}
      steps={stepsOf(p).map((s) => ({
        key: s.key,
        state: s.state,
        at: s.at,
        title: t.maybe(s.word, { name: p.merchant.name }) ?? s.word,
        note:
          s.until || (s.amount && !said.has(s.word)) || s.note ? (
            <>
              {s.amount && !said.has(s.word) ? <span>{formatMoney(s.amount, p.currency, { lang: t.lang })} </span> : null}
              {s.note ? <span>{s.note}</span> : null}
              {s.until && (
                <span>
                  <Countdown until={s.until} /> · {t.maybe(s.due ?? '') ?? ''}
                </span>
              )}
            </>
          ) : undefined,
      }))}
    />
  )
}
