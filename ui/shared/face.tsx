// face starts one of the three pages: theme, language, queries, routes.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { StrictMode, useEffect, type ComponentType, type ReactNode } from 'react'
import { createRoot } from 'react-dom/client'
import { createBrowserRouter, isRouteErrorResponse, RouterProvider, useRouteError, type RouteObject } from 'react-router'
import { onSignedOut, setFace, type FaceName } from './api'
import { EmptyState, ErrorState, Skeleton } from './components/States'
import { useT } from './components/words'
import { applyLang } from './i18n'
import { Problem } from './problem'
import { applyTheme } from './theme'
import './shared.css'

export interface Face {
  name: FaceName
  routes: RouteObject[]
  /** DeskTheme or PhoneTheme: the component library's own provider. */
  theme: ComponentType<{ children: ReactNode }>
}

/** One client for all queries. Money is never shown from a stale memory for long; refusals are not asked again. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (count, error) => count < 2 && error instanceof Problem && (error.status === 0 || error.status >= 502),
      retryDelay: (count) => 500 * 2 ** count,
    },
    mutations: { retry: false },
  },
})

/** mount draws a face into #root. */
export function mount({ name, routes, theme: Theme }: Face) {
  setFace(name)
  applyTheme()
  applyLang()
  const router = createBrowserRouter(
    [{ HydrateFallback: () => <Skeleton shape="page" />, ErrorBoundary: RouteError, children: [...routes, { path: '*', Component: NoPage }] }],
    { basename: `/${name}` },
  )
  // A session that ended: every page asks again, and the one that needs it leads to the login.
  onSignedOut(() => void queryClient.invalidateQueries({ queryKey: ['session'] }))

  createRoot(document.getElementById('root')!).render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <Theme>
          <RouterProvider router={router} />
        </Theme>
      </QueryClientProvider>
    </StrictMode>,
  )
}

/** page makes a route's page load when it is visited: { path: 'orders', lazy: page(() => import('./pages/orders')) }. */
export function page(load: () => Promise<{ default: ComponentType }>) {
  return async () => ({ Component: (await load()).default })
}

/** useTitle names the page in the browser's tab and history. */
export function useTitle(title: string) {
  useEffect(() => {
    document.title = `${title} · 通宝 Tongbao`
  }, [title])
}

function RouteError() {
  const error = useRouteError()
  const t = useT()
  if (isRouteErrorResponse(error) && error.status === 404) return <NoPage />
  // Also a page's script that is gone because a newer version was installed: loading anew finds it.
  return (
    <main className="tb-page">
      <ErrorState error={error} hint={t('error.page')} onRetry={() => location.reload()} />
    </main>
  )
}

function NoPage() {
  const t = useT()
  useTitle(t('error.notfound'))
  return (
    <main className="tb-page">
      <EmptyState action={<a href={import.meta.env.BASE_URL}>{t('error.home')}</a>}>
        <strong>{t('error.notfound')}</strong>
        <br />
        {t('error.notfound.hint')}
      </EmptyState>
    </main>
  )
}
