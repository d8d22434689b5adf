import { EmptyState, ErrorState, Skeleton, useTitle } from '@shared'
import { Card, Head } from '@shared/desks'
import { Link, useSearchParams } from 'react-router'
import { useT } from '../i18n'
import { hitPath } from '../parts/links'
import { groups, HitTime, useFound } from '../parts/Search'

export default function Search() {
  const t = useT()
  const [params] = useSearchParams()
  const q = params.get('q')?.trim() ?? ''
  useTitle(t('search.title', { q }))
  const query = useFound(q)
  const found = query.data
  const some = found && groups.some((group) => found[group].length)
  return (
    <>
      <Head title={t('search.title', { q })} />
      {!found ? (
        query.error ? <ErrorState error={query.error} onRetry={() => void query.refetch()} /> : q ? <Skeleton /> : <EmptyState>{t('search.hint')}</EmptyState>
      ) : !some ? (
        <Card>
          <EmptyState>
            {t('search.none')}
            <br />
            {t('search.hint')}
          </EmptyState>
        </Card>
      ) : (
        groups.map(
          (group) =>
            found[group].length > 0 && (
              <Card key={group} title={t(`search.${group}`)}>
                <ul className="hits">
                  {found[group].map((hit) => {
                    const path = hitPath(hit)
                    return (
                      <li key={`${hit.kind} ${hit.id}`}>
                        <span className="desk-cell-2">
                          {path ? <Link to={path}>{hit.title}</Link> : <span>{hit.title}</span>}
                          <small>{hit.detail}</small>
                        </span>
                        <code className="desk-mono tb-soft">{hit.id}</code>
                        <HitTime hit={hit} />
                      </li>
                    )
                  })}
                </ul>
              </Card>
            ),
        )
      )}
    </>
  )
}
