// The pieces that pages are made of.

import { useEffect, useId, useRef, useState, type ReactNode } from 'react'
import type { Good, State } from './api'
import { count } from './cart'
import { Link, usePlace, useWords } from './place'
import { amountParts } from './say'
import { useStores } from './stores'

const paths = {
  back: 'M15 5 8 12l7 7',
  market: 'M4 10v9h16v-9M3 10l2-6h14l2 6M3 10a3 3 0 0 0 6 0 3 3 0 0 0 6 0 3 3 0 0 0 6 0M10 19v-5h4v5',
  cart: 'M3 4h2.500l2 11h10l2-8H6.500M9 19.500h.01M16.500 19.500h.01',
  orders: 'M6 3h12v18l-3-2-3 2-3-2-3 2ZM9 8h6M9 12h6',
  plus: 'M12 5v14M5 12h14',
  minus: 'M5 12h14',
  bin: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10.500 11v5M13.500 11v5',
  shield: 'M12 3l7 3v6c0 4.500-3 7.500-7 9-4-1.500-7-4.500-7-9V6ZM9 12l2 2 4-4.500',
  wallet: 'M4 7h14a2 2 0 0 1 2 2v9H4ZM4 7V6l11-2v3M16 13h.01',
  hand: 'M4 13l4-2 5 2c1.500.600 1 2.500-.5 2.500H9M8 18l6 1 6-5c-.500-1.500-2-1.500-3-1l-3 2M4 12v8',
  box: 'M4 8l8-4 8 4v8l-8 4-8-4ZM4 8l8 4 8-4M12 12v8M8 6l8 4',
  key: 'M14 10a4 4 0 1 0-3 3.900L13 16h2v2h2v2h3v-3l-6-6ZM9 9h.01',
  scale: 'M12 4v16M8 20h8M5 7h14M5 7l-2.500 6h5ZM19 7l-2.500 6h5Z',
  check: 'M5 12.500l4.500 4.500L19 7',
  undo: 'M8 5 4 9l4 4M4 9h10a5 5 0 0 1 0 10H9',
  cross: 'M6 6l12 12M18 6 6 18',
  clock: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM12 7v5l3 2',
  cloud: 'M7 18a4 4 0 0 1 0-8 5.500 5.500 0 0 1 10.500-1A4.500 4.500 0 0 1 17 18ZM12 12v.01M12 15v.01',
  arrow: 'M5 12h13M13 7l5 5-5 5',
  pin: 'M12 21c-5-5.500-7-8.500-7-11a7 7 0 0 1 14 0c0 2.500-2 5.500-7 11ZM12 12.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5Z',
} as const

export type IconName = keyof typeof paths

export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  )
}

export function Money({ minor, currency, hero }: { minor: number; currency: string; hero?: boolean }) {
  const { lang } = useWords()
  const { sign, number } = amountParts(minor, currency, lang)
  return (
    <span className={hero ? 'money hero' : 'money'}>
      <small>{sign}</small>
      {number}
    </span>
  )
}

/** A drawing. With alt '' where its name stands beside it. */
export function Picture({ of, alt = '', eager }: { of: string; alt?: string; eager?: boolean }) {
  return <img className="picture" src={`/pictures/${of}.svg`} alt={alt} width={400} height={400} loading={eager ? 'eager' : 'lazy'} decoding="async" />
}

export function Stars({ tenths, ratings }: { tenths: number; ratings: number }) {
  const { t } = useWords()
  return (
    <span className="stars">
      <span aria-hidden="true">
        <b>★</b> {(tenths / 10).toFixed(1)} <i>({ratings.toLocaleString()})</i>
      </span>
      <span className="unseen">{t('stars', { n: tenths / 10, count: ratings })}</span>
    </span>
  )
}

export function GoodCard({ good, eager, withSeller = true }: { good: Good; eager?: boolean; withSeller?: boolean }) {
  const { t, say } = useWords()
  const { market, seller } = useStores()
  const by = seller(good.shelf)
  return (
    <li className={good.stock > 0 ? 'card' : 'card out'}>
      <Link to={`/goods/${good.sku}`} className="cardlink">
        <span className="cardpic">
          <Picture of={good.sku} eager={eager} />
          {good.stock === 0 && <span className="tag dark">{t('soldOut')}</span>}
          {good.stock > 0 && good.stock < 6 && <span className="tag">{t('fewLeft', { n: good.stock })}</span>}
          {good.virtual && <span className="tag leaf">{t('instant')}</span>}
        </span>
        <span className="cardtext">
          <span className="cardname">{say(good.name)}</span>
          {withSeller && by ? <span className="soft small">{say(by.name)}</span> : <span className="soft small">{say(good.brief)}</span>}
          <span className="cardfoot">
            <Money minor={good.price} currency={market?.currency ?? 'CNY'} />
            <Stars tenths={good.rating} ratings={good.ratings} />
          </span>
        </span>
      </Link>
    </li>
  )
}

export function Stepper({ name, value, max, set, bin }: { name: string; value: number; max: number; set: (n: number) => void; bin?: boolean }) {
  const { t } = useWords()
  const last = value <= 1
  return (
    <div className="stepper" role="group" aria-label={`${t('quantity')}: ${name}`}>
      <button type="button" onClick={() => set(value - 1)} disabled={last && !bin} aria-label={last && bin ? t('remove', { name }) : t('less')}>
        <Icon name={last && bin ? 'bin' : 'minus'} />
      </button>
      <output aria-live="polite">{value}</output>
      <button type="button" onClick={() => set(value + 1)} disabled={value >= max} aria-label={t('more')}>
        <Icon name="plus" />
      </button>
    </div>
  )
}

/** How the money travels: the one thing that this market has to explain. */
export function Safe() {
  const { t } = useWords()
  return (
    <section className="safe" aria-label={t('safe')}>
      <h2>{t('safe')}</h2>
      <ol>
        {([['wallet', 'safe1', 'safe1b'], ['shield', 'safe2', 'safe2b'], ['hand', 'safe3', 'safe3b']] as const).map(([icon, a, b]) => (
          <li key={a}>
            <span className="disc">
              <Icon name={icon} />
            </span>
            <b>{t(a)}</b>
            <span className="soft small">{t(b)}</span>
          </li>
        ))}
      </ol>
    </section>
  )
}

export function StateTag({ state }: { state: State }) {
  const { t } = useWords()
  return <span className={`state ${state}`}>{t(`s_${state}`)}</span>
}

export function CopyButton({ text, label }: { text: string; label: string }) {
  const { t } = useWords()
  const [done, setDone] = useState(false)
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text)
    } catch {
      return // not allowed here; the text can still be selected
    }
    setDone(true)
    setTimeout(() => setDone(false), 1500)
  }
  return (
    <button type="button" className="copy" onClick={copy} aria-label={`${t('copy')} ${label}`}>
      <span aria-live="polite">{done ? t('copied') : t('copy')}</span>
    </button>
  )
}

export function Trouble({ title, body, retry }: { title: string; body: string; retry?: () => void }) {
  const { t } = useWords()
  return (
    <section className="void" role="alert">
      <Lantern off />
      <h2>{title}</h2>
      <p className="soft">{body}</p>
      {retry && (
        <button type="button" className="button" onClick={retry}>
          {t('tryAgain')}
        </button>
      )}
    </section>
  )
}

export function Nothing({ title, body, to, link, heading }: { title: string; body: string; to: string; link: string; heading?: boolean }) {
  return (
    <section className="void">
      <Lantern />
      {heading ? <h1 tabIndex={-1}>{title}</h1> : <h2>{title}</h2>}
      <p className="soft">{body}</p>
      <Link to={to} className="button primary">
        {link}
      </Link>
    </section>
  )
}

/** The little lamp of empty pages; out, when something is wrong. */
function Lantern({ off }: { off?: boolean }) {
  return (
    <svg className={off ? 'lantern off' : 'lantern'} viewBox="0 0 120 120" aria-hidden="true">
      <circle className="glow" cx="60" cy="62" r="56" />
      <path className="wire" d="M60 8v18" />
      <path className="paper" d="M44 30C26 38 22 52 22 62s4 24 22 34h32c18-10 22-24 22-34s-4-24-22-32Z" />
      <path className="rib" d="M31 42h58M24 55h72M24 69h72M31 83h58" />
      <path className="wood" d="M42 24h36v8H42ZM42 94h36v8H42Z" />
      <path className="wire" d="M60 102v12M54 114h12" />
    </svg>
  )
}

export function Skeleton({ kind }: { kind: 'grid' | 'good' | 'rows' | 'order' }) {
  const { t } = useWords()
  return (
    <div className={`bones ${kind}`} role="status">
      <span className="unseen">{t('loading')}</span>
      {Array.from({ length: kind === 'grid' ? 6 : kind === 'good' ? 4 : 3 }, (_, i) => (
        <div key={i} aria-hidden="true">
          <i />
          <i />
          <i />
        </div>
      ))}
    </div>
  )
}

/** The frame of a page: top, tabs, announcements. bar is what the thumb reaches.
 *  head makes the title on top the heading; without it, the page has its own. */
export function Page({ title, head, home, tabs, bar, children }: { title: string; head?: boolean; home?: boolean; tabs?: boolean; bar?: ReactNode; children: ReactNode }) {
  const { t } = useWords()
  const { path, go, lang, setLang } = usePlace()
  const { cart, note } = useStores()
  const frame = useRef<HTMLDivElement>(null)
  const items = count(cart.lines)

  useEffect(() => {
    document.title = home ? `${t('market')} · Tongbao` : `${title} · ${t('market')}`
  }, [title, home, t])

  // A reader that can't see the page change hears its heading.
  const first = useRef(true)
  useEffect(() => {
    if (first.current && performance.now() < 3000) {
      first.current = false
      return
    }
    first.current = false
    frame.current?.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true })
  }, [path])

  const back = () => (history.state?.inside ? history.back() : go('/'))
  const at = (to: string) => (path === to ? ('page' as const) : undefined)
  return (
    <div ref={frame} className={`page${tabs ? ' tabbed' : ''}${bar ? ' barred' : ''}`}>
      <a className="skip" href="#main">
        {t('skip')}
      </a>
      <header className={home ? 'top home' : 'top'}>
        <div className="topline">
          {home ? (
            <h1 className="brand" tabIndex={-1}>
              {t('market')}
            </h1>
          ) : (
            <>
              {tabs ? (
                <span className="side" />
              ) : (
                <button type="button" className="round side" onClick={back} aria-label={t('back')}>
                  <Icon name="back" />
                </button>
              )}
              {head ? (
                <h1 className="toptitle" tabIndex={-1}>
                  {title}
                </h1>
              ) : (
                <Link to="/" className="toptitle brandlink">
                  {t('market')}
                </Link>
              )}
            </>
          )}
          <nav className="wide" aria-label={t('nav')}>
            <Link to="/" aria-current={at('/')}>
              {t('navMarket')}
            </Link>
            <Link to="/cart" aria-current={at('/cart')}>
              {t('navCart')}
              {items > 0 && ` (${items})`}
            </Link>
            <Link to="/orders" aria-current={at('/orders')}>
              {t('navOrders')}
            </Link>
          </nav>
          <button type="button" className="lang side" onClick={() => setLang(lang === 'zh' ? 'en' : 'zh')} aria-label={t('otherLangLabel')} lang={lang === 'zh' ? 'en' : 'zh-CN'}>
            {t('otherLang')}
          </button>
        </div>
        {home && <Awning />}
      </header>
      <main id="main">
        {children}
        {bar && <div className="bar">{bar}</div>}
      </main>
      {tabs && (
        <nav className="tabs" aria-label={t('nav')}>
          <Link to="/" aria-current={at('/')}>
            <Icon name="market" />
            {t('navMarket')}
          </Link>
          <Link to="/cart" aria-current={at('/cart')}>
            <span className="badged">
              <Icon name="cart" />
              {items > 0 && <b aria-hidden="true">{items > 99 ? '99+' : items}</b>}
            </span>
            {t('navCart')}
            {items > 0 && <span className="unseen">{t('cartWith', { n: items })}</span>}
          </Link>
          <Link to="/orders" aria-current={at('/orders')}>
            <Icon name="orders" />
            {t('navOrders')}
          </Link>
        </nav>
      )}
      <Note key={note?.n} />
    </div>
  )
}

function Note() {
  const { note } = useStores()
  const [shown, setShown] = useState(note !== null)
  useEffect(() => {
    const gone = setTimeout(() => setShown(false), 5000)
    return () => clearTimeout(gone)
  }, [])
  return (
    <div className="note" role="status">
      {note && shown && (
        <p>
          {note.text}
          {note.link && <Link to={note.link.to}>{note.link.text}</Link>}
        </p>
      )}
    </div>
  )
}

/** The striped cloth over the market's front. */
function Awning() {
  const id = useId()
  return (
    <svg className="awning" aria-hidden="true" height="26" width="100%">
      <defs>
        <pattern id={id} width="52" height="26" patternUnits="userSpaceOnUse">
          <path className="cloth1" d="M0 0h26v12a13 13 0 0 1-26 0Z" />
          <path className="cloth2" d="M26 0h26v12a13 13 0 0 1-26 0Z" />
        </pattern>
      </defs>
      <rect width="100%" height="26" fill={`url(#${id})`} />
    </svg>
  )
}
