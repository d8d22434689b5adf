import { useQuery } from '@tanstack/react-query'
import { useParams } from 'react-router'
import { Amount, businessZone, CopyId, formatMoney, formatStamp, Load } from '@shared'
import { getReceipt } from '../api/wallet'
import { useT } from '../i18n'
import { PrintHead } from '../parts/print'
import { Button, Facts, Page } from '../parts/ui'

export default function ReceiptPage() {
  const t = useT()
  const { id = '' } = useParams()
  const receipt = useQuery({ queryKey: ['receipt', id], queryFn: () => getReceipt(id), staleTime: 0 })
  return (
    <Page title={t('receipt.title')} back={`/orders/${id}`}>
      <Load query={receipt} skeleton={{ shape: 'page', rows: 4 }}>
        {(r) => {
          const money = (amount: number) => formatMoney(amount, r.currency, { lang: t.lang })
          return (
            <>
              <article className="w-card w-receipt">
                <PrintHead />
                <p className="w-result-who">{r.merchant.name}</p>
                <Amount amount={r.amount} currency={r.currency} size="hero" />
                <p className="tb-soft">{t(`state.${r.status}` as 'state.TRADE_FINISHED')}</p>
                <Facts
                  facts={[
                    [t('col.subject'), r.subject],
                    [t('receipt.payer'), [r.buyer_name ?? r.buyer?.nickname, r.buyer?.phone_masked].filter(Boolean).join(' ')],
                    [t('receipt.payee'), r.merchant.name],
                    [t('receipt.method'), t('balance.title')],
                    [t('receipt.paid'), formatStamp(r.paid_at, businessZone())],
                    ...r.refunds.map((f) => [`${t('order.refunded')} ${formatStamp(f.at, businessZone()).slice(0, 10)}`, `−${money(f.amount)}`] as const),
                    r.refunded > 0 && [t('receipt.net'), money(r.net)],
                    [t('order.no'), <CopyId key="o" id={r.order_no} what={t('order.no')} show={18} />],
                    [t('order.payment'), <CopyId key="p" id={r.payment_id} what={t('order.payment')} show={28} />],
                  ]}
                />
                <p className="tb-soft w-small">{t('receipt.says')}</p>
              </article>
              <div className="w-foot">
                <Button onClick={() => window.print()}>{t('receipt.save')}</Button>
              </div>
            </>
          )
        }}
      </Load>
    </Page>
  )
}
