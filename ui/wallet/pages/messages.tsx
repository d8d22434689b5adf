import { useMutation } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { Link } from 'react-router'
import { EmptyState, ErrorState, formatMoney, queryClient, Skeleton, useTitle, When } from '@shared'
import { listMessages, readMessages, type Message } from '../api/wallet'
import { useT } from '../i18n'
import { useRows } from '../parts/lists'
import { MoreRows } from '../parts/ui'

export default function MessagesPage() {
  const t = useT()
  useTitle(t('tab.messages'))
  const rows = useRows(['messages'], listMessages)
  // What was unread on coming here keeps its dot for this visit.
  const [fresh, setFresh] = useState<ReadonlySet<string>>(new Set())
  const told = useRef('')
  const read = useMutation({ mutationFn: readMessages, onSuccess: () => void queryClient.invalidateQueries({ queryKey: ['me'] }) })
  const { mutate } = read
  useEffect(() => {
    const unread = rows.data?.filter((m) => !m.read) ?? []
    const newest = unread[0]?.id
    if (!newest || newest === told.current) return
    told.current = newest
    setFresh((before) => new Set([...before, ...unread.map((m) => m.id)]))
    mutate(newest)
  }, [rows.data, mutate])
  return (
    <div className="w-screen">
      <header className="w-bar w-bar-tab">
        <span />
        <h1>{t('tab.messages')}</h1>
        <span />
      </header>
      <main className="w-main">
        {rows.data === undefined ? (
          rows.error ? (
            <ErrorState error={rows.error} onRetry={() => void rows.refetch()} />
          ) : (
            <Skeleton rows={6} />
          )
        ) : rows.data.length === 0 ? (
          <EmptyState action={<Link to="/">{t('error.home')}</Link>}>{t('messages.empty')}</EmptyState>
        ) : (
          <ul className="w-card w-messages" aria-live="polite">
            {rows.data.map((m) => (
              <li key={m.id}>
                <Item message={m} fresh={fresh.has(m.id) || !m.read} />
              </li>
            ))}
          </ul>
        )}
        <MoreRows rows={rows} />
      </main>
    </div>
  )
}

function Item({ message: m, fresh }: { message: Message; fresh: boolean }) {
  const t = useT()
  const { title, text } = useMessageWords()(m)
  const to = linkOf(m)
  const inside = (
    <>
      <span className="w-message-head">
        {fresh && (
          <span className="w-dot">
            <span className="tb-sr">{t('messages.new')}</span>
          </span>
        )}
        <strong>{title}</strong>
        <When at={m.at} className="tb-soft" />
      </span>
      <span className="w-message-text">{text}</span>
    </>
  )
  return to ? (
    <Link className="w-message" to={to}>
      {inside}
    </Link>
  ) : (
    <div className="w-message">{inside}</div>
  )
}

function linkOf(m: Message): string | undefined {
  if (m.kind === 'payment_to_confirm' && m.payment_id) return `/cashier/${m.payment_id}`
  if (m.kind.startsWith('dispute') && m.dispute_id) return `/disputes/${m.dispute_id}`
  if (m.payment_id) return `/orders/${m.payment_id}`
  const { transfer, order, agreement } = m.text_params
  if (agreement) return '/me/agreements'
  if (transfer) return `/transfers/${transfer}`
  if (order && m.kind.startsWith('top_up')) return `/top-ups/${order}`
  if (order && m.kind.startsWith('withdrawal')) return `/withdrawals/${order}`
  if (m.kind === 'security_new_device') return '/me/devices'
  return undefined
}

/** useMessageWords makes a message's title and sentence of its kind and parameters. */
function useMessageWords() {
  const t = useT()
  return (m: Message): { title: string; text: string } => {
    const p = m.text_params
    const params = {
      subject: p.subject ?? '',
      note: p.note ? t('message.note', { note: p.note }) : '',
      card: p.card ?? '',
      device: p.device ?? t('message.device'),
      amount: p.amount && /^-?\d+$/.test(p.amount) ? formatMoney(p.amount, p.currency ?? 'CNY', { lang: t.lang }) : '',
      status: t.maybe(`dispute.${p.dispute_status ?? ''}`) ?? '',
    }
    return {
      title: t.maybe(`message.${m.kind}`, params) ?? t('message.other'),
      text: t.maybe(`message.${m.kind}.text`, params) ?? params.subject,
    }
  }
}
