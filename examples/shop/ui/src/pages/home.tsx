import { GoodCard, Page, Picture, Safe, Skeleton, Trouble } from '../parts'
import { Link, useWords } from '../place'
import { useStores } from '../stores'

export function HomePage() {
  const { t, say } = useWords()
  const { market, failed, reload } = useStores()
  // A shelf's first goods come first, so that the front shows every seller.
  const rows = Math.max(0, ...(market?.sellers ?? []).map((s) => s.goods.length))
  const goods = Array.from({ length: rows }, (_, i) => (market?.sellers ?? []).flatMap((s) => s.goods[i] ?? [])).flat()
  return (
    <Page title={t('market')} home tabs>
      <p className="tagline">{t('tagline')}</p>
      {failed && <Trouble title={t('errTitle')} body={t('err_no_network')} retry={reload} />}
      {!market && !failed && <Skeleton kind="grid" />}
      {market && (
        <>
          <nav className="sellers" aria-label={t('sellers')}>
            <ul>
              {market.sellers.map((s) => (
                <li key={s.shelf}>
                  <Link to={`/sellers/${s.shelf}`}>
                    <Picture of={`seller-${s.shelf}`} eager />
                    {say(s.name)}
                  </Link>
                </li>
              ))}
            </ul>
          </nav>
          <section aria-label={t('allGoods')}>
            <h2 className="unseen">{t('allGoods')}</h2>
            <ul className="grid">
              {goods.map((g, i) => (
                <GoodCard key={g.sku} good={g} eager={i < 4} />
              ))}
            </ul>
          </section>
          <Safe />
          <footer className="foot soft small">{t('footer')}</footer>
        </>
      )}
    </Page>
  )
}
