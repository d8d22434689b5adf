import { When } from '@shared'
import type { Books } from '../api/console'
import { useT } from '../i18n'

/** Checks say in words and colour whether the books hold. */
export function Checks({ books: b }: { books: Books }) {
  const t = useT()
  return (
    <>
      <p className={b.balanced ? 'desk-good' : 'desk-refused'} role="status">
        <strong>{b.balanced ? `✓ ${t('books.balanced')}` : `✗ ${t('books.unbalanced')}`}</strong>{' '}
        <span className="tb-soft">
          #{b.position} · <When at={b.at} />
        </span>
      </p>
      <ul className="checks">
        {b.checks.map((c) => (
          <li key={c.name} className={c.ok ? 'check-ok' : 'check-bad'}>
            <span className="check-sign" aria-hidden="true">
              {c.ok ? '✓' : '✗'}
            </span>
            <span className="desk-cell-2">
              <span>
                {t.maybe(`check.${c.name}`) ?? c.name} <strong>{t(c.ok ? 'check.ok' : 'check.bad')}</strong>
              </span>
              <small>{c.detail}</small>
            </span>
          </li>
        ))}
      </ul>
    </>
  )
}
