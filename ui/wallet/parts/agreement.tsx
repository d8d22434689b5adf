import { Amount, When } from '@shared'
import type { Agreement } from '../api/wallet'
import { useT } from '../i18n'
import { Facts } from './ui'

/** usePlanWords says how often an agreement is charged. */
export function usePlanWords() {
  const t = useT()
  return (a: Agreement) => {
    if (!a.plan) return t('agreement.plan.none')
    const { unit, every } = a.plan
    return t(unit === 'MONTH' ? 'agreement.plan.month' : 'agreement.plan.day', { n: every })
  }
}

/** AgreementFacts are its terms, and what was charged so far. */
export function AgreementFacts({ agreement: a }: { agreement: Agreement }) {
  const t = useT()
  const plan = usePlanWords()
  return (
    <Facts
      facts={[
        [t('agreement.payee'), a.merchant.name],
        [t('agreement.account'), a.logon_id],
        [t('agreement.plan'), plan(a)],
        [t('agreement.most'), <Amount key="most" amount={a.most} currency={a.currency} />],
        a.plan?.total != null && [t('agreement.total'), <Amount key="total" amount={a.plan.total} currency={a.currency} />],
        a.plan?.times != null && [t('agreement.times'), t('agreement.n.times', { n: a.plan.times })],
        a.plan && a.status !== 'STOP' && [t('agreement.next'), a.plan.next],
        [t('agreement.valid'), a.until ? <When key="until" at={a.until} /> : t('agreement.forever')],
        !!a.signed_at && [t('agreement.signed.at'), <When key="signed" at={a.signed_at} />],
        !!a.signed_at && [t('agreement.charged'), <span key="charged">{t('agreement.n.times', { n: a.times })} · <Amount amount={a.charged} currency={a.currency} /></span>],
        !!a.ended_at && [t('agreement.ended.at'), <When key="ended" at={a.ended_at} />],
      ]}
    />
  )
}
