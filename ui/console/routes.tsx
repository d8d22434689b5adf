import { page } from '@shared'
import type { RouteObject } from 'react-router'

export const routes: RouteObject[] = [
  { path: 'login', lazy: page(() => import('./pages/login')) },
  {
    lazy: page(() => import('./pages/desk')),
    children: [
      { index: true, lazy: page(() => import('./pages/overview')) },
      { path: 'search', lazy: page(() => import('./pages/search')) },
      { path: 'people/:id', lazy: page(() => import('./pages/person')) },
      { path: 'merchants/:id', lazy: page(() => import('./pages/merchant')) },
      { path: 'payments/:id', lazy: page(() => import('./pages/payment')) },
      { path: 'accounts/:id', lazy: page(() => import('./pages/account')) },
      { path: 'commands/:id', lazy: page(() => import('./pages/command')) },
      { path: 'disputes', lazy: page(() => import('./pages/disputes')) },
      { path: 'disputes/:id', lazy: page(() => import('./pages/dispute')) },
      { path: 'unknowns', lazy: page(() => import('./pages/unknowns')) },
      { path: 'jobs', lazy: page(() => import('./pages/jobs')) },
      { path: 'books', lazy: page(() => import('./pages/books')) },
      { path: 'books/:kind', lazy: page(() => import('./pages/bookaccounts')) },
      { path: 'audit', lazy: page(() => import('./pages/audit')) },
      { path: 'system', lazy: page(() => import('./pages/system')) },
    ],
  },
]
