import { useEffect, useState } from 'react'
import { AddressCard, addressFor, wrongIn } from '../address'
import { api, Problem } from '../api'
import { parcels, picked, total } from '../cart'
import { Icon, Money, Nothing, Page, Picture, Skeleton, Trouble } from '../parts'
import { usePlace, useWords } from '../place'
import { readCheckout, useStores } from '../stores'
import { useProblem } from '../problem'

export function CheckoutPage({ id }: { id: string }) {
  const { t, say, money, lang } = useWords()
  const { go } = usePlace()
  const { market, failed, reload, goods, seller, ordered } = useStores()
  const [choices] = useState(() => readCheckout(id))
  const [address, setAddress] = useState(() => addressFor(lang))
  const [editing, setEditing] = useState(false)
  const [busy, setBusy] = useState<'' | 'payAsking' | 'payGoing'>('')
  const [problem, setProblem] = useState<Problem | null>(null)
  const explain = useProblem()

  // The browser may bring this page back as it was left, on its way to the cashier.
  useEffect(() => {
    const back = (e: PageTransitionEvent) => e.persisted && setBusy('')
    addEventListener('pageshow', back)
    return () => removeEventListener('pageshow', back)
  }, [])

  const lines = picked(choices, goods)
  const sum = total(lines)
  const parts = parcels(lines)
  const currency = market?.currency ?? 'CNY'
  const parcel = lines.some((l) => !l.good.virtual)

  const pay = async () => {
    if (parcel && Object.keys(wrongIn(address)).length > 0) {
      setEditing(true)
      return
    }
    setBusy('payAsking')
    setProblem(null)
    try {
      const made = await api.checkout({
        checkout_id: id,
        lines: lines.map((l) => ({ sku: l.good.sku, quantity: l.quantity })),
        address: parcel ? address : null,
        expected_total: sum,
        lang,
      })
      ordered(id)
      reload()
      if (made.pay_url) {
        setBusy('payGoing')
        location.assign(made.pay_url)
        return
      }
      // Nothing to pay now: Tongbao is silent, or all of it is paid already.
      go(`/orders/${made.orders[0]!.no}`, 'replace')
    } catch (e) {
      const p = e instanceof Problem ? e : new Problem('other')
      if (p.code === 'price_changed' || p.code === 'out_of_stock') reload()
      if (p.field.startsWith('address.')) setEditing(true)
      setProblem(p)
      setBusy('')
    }
  }

  if (!market)
    return <Page title={t('checkout')} head>{failed ? <Trouble title={t('errTitle')} body={t('err_no_network')} retry={reload} /> : <Skeleton kind="rows" />}</Page>
  if (lines.length === 0)
    return (
      <Page title={t('checkout')} head>
        <Nothing title={t('checkoutGone')} body={t('checkoutGoneBody')} to="/orders" link={t('orders')} />
      </Page>
    )
  return (
    <Page
      title={t('checkout')}
      head
      bar={
        <button type="button" className="button primary pay" onClick={pay} disabled={busy !== '' || editing}>
          <Icon name="shield" />
          <span aria-live="polite">{busy ? t(busy) : t('payWith', { amount: money(sum, currency) })}</span>
        </button>
      }
    >
      {problem && (
        <div className="alert" role="alert">
          {explain(problem)}
        </div>
      )}
      {parcel ? (
        <AddressCard address={address} set={setAddress} editing={editing} setEditing={setEditing} />
      ) : (
        <p className="sheet hint">
          <span className="disc">
            <Icon name="key" />
          </span>
          {t('virtualNote')}
        </p>
      )}
      {parts.map((p) => {
        const by = seller(p.shelf)
        return (
          <section key={p.key} className="sheet">
            <h2 className="of">
              <Picture of={`seller-${p.shelf}`} />
              <span>{by && say(by.name)}</span>
              {p.virtual && <span className="tag leaf">{t('instant')}</span>}
            </h2>
            <ul className="lines">
              {p.lines.map(({ good, quantity }) => (
                <li key={good.sku}>
                  <Picture of={good.sku} />
                  <div className="linetext">
                    <span>{say(good.name)}</span>
                    <div className="row">
                      <span className="soft">× {quantity}</span>
                      <Money minor={good.price * quantity} currency={currency} />
                    </div>
                  </div>
                </li>
              ))}
            </ul>
          </section>
        )
      })}
      <section className="sheet sum">
        <div className="row">
          <h2>{t('total')}</h2>
          <Money minor={sum} currency={currency} hero />
        </div>
        <p className="soft small">
          {parts.length > 1 && <>{t('payMany', { n: parts.length })} </>}
          {t('payHeld')}
        </p>
      </section>
    </Page>
  )
}
