import { Amount, EmptyState, When } from '@shared'
import { PaymentState, Table, usePages, type Payment } from '@shared/desks'
import { Link, useNavigate } from 'react-router'
import { listPayments } from '../api/console'
import { useT } from '../i18n'
import { paymentPath } from './links'

/** Payments are a party's, as buyer or as seller. */
export function Payments({ party, other }: { party: string; other: 'buyer' | 'merchant' }) {
  const t = useT()
  const navigate = useNavigate()
  const pages = usePages<Payment>(['payments', party], (cursor, limit) => listPayments({ party_id: party, cursor, limit }))
  return (
    <Table<Payment>
      pages={pages}
      label={t('party.payments')}
      rowKey={(p) => p.id}
      width={760}
      onOpen={(p) => void navigate(paymentPath(p.id))}
      empty={<EmptyState>{t('party.nopayments')}</EmptyState>}
      columns={[
        {
          title: t('col.subject'),
          key: 'subject',
          width: 260,
          render: (_, p) => (
            <span className="desk-cell-2">
              <Link to={paymentPath(p.id)}>{p.subject}</Link>
              <small className="desk-mono desk-clip">{p.order_no}</small>
            </span>
          ),
        },
        { title: t(other === 'buyer' ? 'col.buyer' : 'col.seller'), key: 'other', width: 150, render: (_, p) => (other === 'buyer' ? (p.buyer?.nickname ?? '–') : p.merchant.name) },
        { title: t('col.amount'), key: 'amount', width: 140, align: 'right', render: (_, p) => <Amount amount={p.amount} currency={p.currency} className="desk-strong" /> },
        { title: t('col.status'), key: 'status', width: 150, render: (_, p) => <PaymentState payment={p} /> },
        { title: t('col.time'), key: 'at', width: 140, render: (_, p) => <When at={p.created_at} /> },
      ]}
    />
  )
}
