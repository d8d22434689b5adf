import { useCallback, useEffect, useState } from 'react'
import { api, follow, type Order } from '../api'
import { Money, Nothing, Page, Picture, Skeleton, StateTag, Trouble } from '../parts'
import { Link, useWords } from '../place'
import { when } from '../say'

export function OrdersPage() {
  const { t, say, lang } = useWords()
  const [orders, setOrders] = useState<Order[] | null>(null)
  const [failed, setFailed] = useState(false)

  const load = useCallback(() => {
    setFailed(false)
    api.orders().then(setOrders, () => setFailed(true))
  }, [])
  useEffect(load, [load])
  useEffect(
    () =>
      follow((changed) => {
        if (!changed) return load()
        setOrders((old) => {
          if (!old) return old
          return old.some((o) => o.no === changed.no) ? old.map((o) => (o.no === changed.no ? changed : o)) : [changed, ...old]
        })
      }),
    [load],
  )

  return (
    <Page title={t('orders')} head tabs>
      {failed && !orders && <Trouble title={t('errTitle')} body={t('err_no_network')} retry={load} />}
      {!orders && !failed && <Skeleton kind="rows" />}
      {orders?.length === 0 && <Nothing title={t('ordersEmpty')} body={t('ordersEmptyBody')} to="/" link={t('lookAround')} />}
      {orders && orders.length > 0 && (
        <>
          <ul className="orders">
            {orders.map((o) => {
              const n = o.lines.reduce((sum, l) => sum + l.quantity, 0)
              return (
                <li key={o.no}>
                  <Link to={`/orders/${o.no}`} className="sheet orderrow">
                    <span className="row">
                      <span className="of">
                        <Picture of={`seller-${o.shelf}`} />
                        {say(o.seller)}
                      </span>
                      <StateTag state={o.state} />
                    </span>
                    <span className="row">
                      <span className="thumbs">
                        {o.lines.slice(0, 4).map((l) => (
                          <Picture key={l.sku} of={l.sku} alt={say(l.name)} />
                        ))}
                      </span>
                      <span className="right">
                        <Money minor={o.total} currency={o.currency} />
                        <span className="soft small block">{n === 1 ? t('item') : t('items', { n })}</span>
                      </span>
                    </span>
                    <span className="soft small">{when(o.placed_at, new Date(o.now), lang)}</span>
                  </Link>
                </li>
              )
            })}
          </ul>
        </>
      )}
    </Page>
  )
}
