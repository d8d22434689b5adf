import { page } from '@shared'
import type { RouteObject } from 'react-router'

export const routes: RouteObject[] = [
  { path: 'login', lazy: page(() => import('./pages/login')) },
  {
    lazy: page(() => import('./pages/desk')),
    children: [
      { index: true, lazy: page(() => import('./pages/today')) },
      { path: 'orders/:id?', lazy: page(() => import('./pages/orders')) },
      { path: 'disputes', lazy: page(() => import('./pages/disputes')) },
      { path: 'disputes/:id', lazy: page(() => import('./pages/dispute')) },
      { path: 'till', lazy: page(() => import('./pages/till')) },
      { path: 'collection-code', lazy: page(() => import('./pages/code')) },
      { path: 'money', lazy: page(() => import('./pages/money')) },
      { path: 'developers/:tab?', lazy: page(() => import('./pages/developers')) },
      { path: 'applications/:id/:tab?', lazy: page(() => import('./pages/application')) },
      { path: 'authorize', lazy: page(() => import('./pages/authorize')) },
      { path: 'team', lazy: page(() => import('./pages/team')) },
      { path: 'settings', lazy: page(() => import('./pages/settings')) },
    ],
  },
]
