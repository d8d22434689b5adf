import { Countdown, formatMoney, Timeline } from '@shared'
import type { Payment } from '../api/wallet'
import { useT } from '../i18n'
import { stepsOf } from './life'

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
          s.until || s.amount || s.note ? (
            <>
              {s.amount ? <span>{formatMoney(s.amount, p.currency, { lang: t.lang })} </span> : null}
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
