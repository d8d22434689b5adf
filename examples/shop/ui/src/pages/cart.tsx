import { count, most, parcels, picked, total } from '../cart'
import { Money, Nothing, Page, Picture, Skeleton, Stepper, Trouble } from '../parts'
import { Link, usePlace, useWords } from '../place'
import { openCheckout, useStores } from '../stores'

export function CartPage() {
  const { t, say } = useWords()
  const { go } = usePlace()
  const { market, failed, reload, goods, seller, cart, put } = useStores()
  const lines = picked(cart.lines, goods)
  const currency = market?.currency ?? 'CNY'
  const tooMany = lines.some((l) => l.quantity > l.good.stock)
  const check = () => {
    openCheckout(cart.id, lines.map((l) => ({ sku: l.good.sku, quantity: l.quantity })))
    go(`/checkout/${cart.id}`)
  }
  const bar = lines.length > 0 && (
    <>
      <span className="bartotal">
        <span className="soft small">{t('total')}</span>
        <Money minor={total(lines)} currency={currency} />
      </span>
      <button type="button" className="button primary" onClick={check} disabled={tooMany}>
        {t('checkOut')} ({count(lines)})
      </button>
    </>
  )
  return (
    <Page title={t('cart')} head tabs bar={bar || undefined}>
      {failed && <Trouble title={t('errTitle')} body={t('err_no_network')} retry={reload} />}
      {!market && !failed && <Skeleton kind="rows" />}
      {market && lines.length === 0 && <Nothing title={t('cartEmpty')} body={t('cartEmptyBody')} to="/" link={t('lookAround')} />}
      {lines.length > 0 && (
        <>
          {parcels(lines).map((p) => {
            const by = seller(p.shelf)
            return (
              <section key={p.key} className="sheet">
                {by && (
                  <h2 className="of">
                    <Picture of={`seller-${by.shelf}`} />
                    <Link to={`/sellers/${by.shelf}`}>{say(by.name)}</Link>
                    {p.virtual && <span className="tag leaf">{t('instant')}</span>}
                  </h2>
                )}
                <ul className="lines">
                  {p.lines.map(({ good, quantity }) => (
                    <li key={good.sku}>
                      <Link to={`/goods/${good.sku}`} aria-label={say(good.name)}>
                        <Picture of={good.sku} />
                      </Link>
                      <div className="linetext">
                        <Link to={`/goods/${good.sku}`}>{say(good.name)}</Link>
                        {quantity > good.stock && <span className="warn small">{good.stock > 0 ? t('notEnough', { n: good.stock }) : t('soldOut')}</span>}
                        <div className="row">
                          <Money minor={good.price * quantity} currency={currency} />
                          <Stepper bin name={say(good.name)} value={quantity} max={Math.min(most, good.stock)} set={(n) => put(good.sku, n)} />
                        </div>
                      </div>
                    </li>
                  ))}
                </ul>
              </section>
            )
          })}
        </>
      )}
    </Page>
  )
}
