// entry draws a line of the history: who and why, when, how much.
import { BankcardOutline, BillOutline, LoopOutline, PayCircleOutline, ReceivePaymentOutline, SendOutline, ShopbagOutline } from 'antd-mobile-icons'
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { MoneyDelta, When } from '@shared'
import type { Entry } from '../api/wallet'
import { useT } from '../i18n'

const icons: Record<string, ReactNode> = {
  payment: <ShopbagOutline />,
  refund: <LoopOutline />,
  transfer: <SendOutline />,
  top_up: <BankcardOutline />,
  withdrawal: <BankcardOutline />,
  settlement: <ReceivePaymentOutline />,
  split: <ReceivePaymentOutline />,
}

/** useEntryWords gives the line its title and its second line. */
export function useEntryWords() {
  const t = useT()
  return (e: Entry): { title: string; note: string } => {
    const other = e.about.counterparty
    const who = other ? (other.kind === 'user' && other.name_masked ? `${other.nickname}（${other.name_masked}）` : other.nickname) : ''
    const why = t.maybe(`why.${e.why}`) ?? e.why
    if (e.why === 'transfer') return { title: t(e.amount < 0 ? 'entry.to' : 'entry.from', { who }), note: e.about.subject }
    if (e.why === 'payment') return { title: who || why, note: e.about.subject }
    if (e.why === 'top_up' || e.why === 'withdrawal') return { title: why, note: e.about.subject }
    return { title: who ? `${why} · ${who}` : why, note: e.about.subject }
  }
}

export function EntryRow({ entry, hidden = false }: { entry: Entry; hidden?: boolean }) {
  const words = useEntryWords()(entry)
  const t = useT()
  return (
    <Link className="w-row w-entry" to={`/history/${entry.number}`} state={{ entry }}>
      <span className={`w-row-icon w-icon-${entry.amount < 0 ? 'out' : 'in'}`} aria-hidden="true">
        {icons[entry.why] ?? (entry.amount < 0 ? <PayCircleOutline /> : <BillOutline />)}
      </span>
      <span className="w-row-text">
        <span className="w-row-title w-one">{words.title}</span>
        <span className="w-row-note w-one">{words.note || t.maybe(`why.${entry.why}`)}</span>
      </span>
      <span className="w-row-value">
        {hidden ? <span aria-label={t('money.hidden')}>••••</span> : <MoneyDelta amount={entry.amount} currency={entry.currency} />}
        <span className="w-row-note">
          <When at={entry.at} />
        </span>
      </span>
    </Link>
  )
}
