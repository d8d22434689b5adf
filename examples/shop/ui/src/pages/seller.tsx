import { GoodCard, Nothing, Page, Picture, Skeleton, Stars, Trouble } from '../parts'
import { useWords } from '../place'
import { useStores } from '../stores'

export function SellerPage({ shelf }: { shelf: string }) {
  const { t, say } = useWords()
  const { market, failed, reload, seller } = useStores()
  const by = seller(shelf)
  if (!by)
    return (
      <Page title={market ? t('notFound') : ''} tabs>
        {failed ? (
          <Trouble title={t('errTitle')} body={t('err_no_network')} retry={reload} />
        ) : market ? (
          <Nothing heading title={t('notFound')} body={t('notFoundBody')} to="/" link={t('lookAround')} />
        ) : (
          <Skeleton kind="grid" />
        )}
      </Page>
    )
  return (
    <Page title={say(by.name)}>
      <header className="sellerhead">
        <Picture of={`seller-${by.shelf}`} eager />
        <div>
          <h1 tabIndex={-1}>{say(by.name)}</h1>
          <p className="soft small">
            {say(by.place)} · {t('since', { year: by.since })}
          </p>
          <Stars tenths={by.rating} ratings={by.ratings} />
        </div>
      </header>
      <p className="story">{say(by.about)}</p>
      <ul className="grid">
        {by.goods.map((g) => (
          <GoodCard key={g.sku} good={g} withSeller={false} eager />
        ))}
      </ul>
    </Page>
  )
}
