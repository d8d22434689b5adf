import { useState } from 'react'
import { most, newID, quantityOf } from '../cart'
import { Money, Nothing, Page, Picture, Safe, Skeleton, Stars, Stepper, Trouble } from '../parts'
import { Link, usePlace, useWords } from '../place'
import { openCheckout, useStores } from '../stores'

export function GoodPage({ sku }: { sku: string }) {
  const { t, say } = useWords()
  const { go } = usePlace()
  const { market, failed, reload, goods, seller, cart, put, tell } = useStores()
  const [quantity, setQuantity] = useState(1)
  const good = goods.get(sku)

  if (!good || !market)
    return (
      <Page title={market ? t('notFound') : ''}>
        {failed ? (
          <Trouble title={t('errTitle')} body={t('err_no_network')} retry={reload} />
        ) : market ? (
          <Nothing heading title={t('notFound')} body={t('err_unknown_good')} to="/" link={t('lookAround')} />
        ) : (
          <Skeleton kind="good" />
        )}
      </Page>
    )

  const name = say(good.name)
  const by = seller(good.shelf)
  const room = Math.min(most, good.stock)
  const add = () => {
    put(sku, Math.min(room, quantityOf(cart, sku) + quantity))
    tell(t('added', { name }), { to: '/cart', text: t('viewCart') })
  }
  const buy = () => {
    const id = newID()
    openCheckout(id, [{ sku, quantity }])
    go(`/checkout/${id}`)
  }
  return (
    <Page
      title={name}
      bar={
        good.stock > 0 ? (
          <>
            <button type="button" className="button" onClick={add}>
              {t('addToCart')}
            </button>
            <button type="button" className="button primary" onClick={buy}>
              {t('buyNow')}
            </button>
          </>
        ) : (
          <button type="button" className="button" disabled>
            {t('soldOut')}
          </button>
        )
      }
    >
      <article className="good">
        <div className="goodpic">
          <Picture of={good.sku} alt={name} eager />
        </div>
        <div className="goodtext">
          <h1 tabIndex={-1}>{name}</h1>
          <p className="soft">{say(good.brief)}</p>
          <div className="row">
            <Money minor={good.price} currency={market.currency} hero />
            <Stars tenths={good.rating} ratings={good.ratings} />
          </div>
          {good.stock > 0 ? (
            <div className="row">
              <span>
                {t('quantity')}
                {good.stock < 6 && <span className="warn small"> {t('fewLeft', { n: good.stock })}</span>}
              </span>
              <Stepper name={name} value={quantity} max={room} set={setQuantity} />
            </div>
          ) : (
            <p className="warn">
              {t('soldOut')} · {t('soldOutSoon')}
            </p>
          )}
          <p className="story">{say(good.story)}</p>
          {by && (
            <Link to={`/sellers/${by.shelf}`} className="sellercard">
              <Picture of={`seller-${by.shelf}`} />
              <span>
                <b>{say(by.name)}</b>
                <span className="soft small">
                  {say(by.place)} · {t('since', { year: by.since })}
                </span>
              </span>
              <span className="go small">{t('visit')}</span>
            </Link>
          )}
          <h2>{t('facts')}</h2>
          <dl className="facts">
            {good.facts.map(([what, is]) => (
              <div key={what.en}>
                <dt>{say(what)}</dt>
                <dd>{say(is)}</dd>
              </div>
            ))}
          </dl>
          <Safe />
        </div>
      </article>
    </Page>
  )
}
