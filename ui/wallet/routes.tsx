import { page } from '@shared'
import type { RouteObject } from 'react-router'
import { Private, Root, Tabs } from './parts/frame'

export const routes: RouteObject[] = [
  {
    Component: Root,
    children: [
      { path: 'login', lazy: page(() => import('./pages/login')) },
      { path: 'sign-up', lazy: page(() => import('./pages/sign-up')) },
      { path: 'forgot', lazy: page(() => import('./pages/forgot')) },
      // Whoever comes from a shop or a printed code signs in on the page itself.
      { path: 'cashier/:id', lazy: page(() => import('./pages/cashier')) },
      { path: 'deposits/:id', lazy: page(() => import('./pages/deposit')) },
      { path: 'agreements/:id', lazy: page(() => import('./pages/agreement')) },
      { path: 'authorize', lazy: page(() => import('./pages/authorize')) },
      { path: 'collect/:merchant', lazy: page(() => import('./pages/collect-pay')) },
      {
        Component: Private,
        children: [
          {
            Component: Tabs,
            children: [
              { index: true, lazy: page(() => import('./pages/home')) },
              { path: 'messages', lazy: page(() => import('./pages/messages')) },
              { path: 'me', lazy: page(() => import('./pages/me')) },
            ],
          },
          { path: 'scan', lazy: page(() => import('./pages/scan')) },
          { path: 'pay-code', lazy: page(() => import('./pages/pay-code')) },
          { path: 'my-code', lazy: page(() => import('./pages/my-code')) },
          { path: 'transfer', lazy: page(() => import('./pages/transfer')) },
          { path: 'transfers/:id', lazy: page(() => import('./pages/transfer-detail')) },
          { path: 'top-up', lazy: page(() => import('./pages/top-up')) },
          { path: 'withdraw', lazy: page(() => import('./pages/withdraw')) },
          { path: 'top-ups/:id', lazy: page(() => import('./pages/top-up-detail')) },
          { path: 'withdrawals/:id', lazy: page(() => import('./pages/withdrawal-detail')) },
          { path: 'orders', lazy: page(() => import('./pages/orders')) },
          { path: 'orders/:id', lazy: page(() => import('./pages/order')) },
          { path: 'orders/:id/refund', lazy: page(() => import('./pages/refund')) },
          { path: 'orders/:id/receipt', lazy: page(() => import('./pages/receipt')) },
          { path: 'disputes/:id', lazy: page(() => import('./pages/dispute')) },
          { path: 'disputes/:id/revise', lazy: page(() => import('./pages/revise')) },
          { path: 'history', lazy: page(() => import('./pages/history')) },
          { path: 'history/:number', lazy: page(() => import('./pages/entry')) },
          { path: 'me/identity', lazy: page(() => import('./pages/identity')) },
          { path: 'me/cards', lazy: page(() => import('./pages/cards')) },
          { path: 'me/cards/new', lazy: page(() => import('./pages/card-new')) },
          { path: 'me/agreements', lazy: page(() => import('./pages/agreements')) },
          { path: 'me/grants', lazy: page(() => import('./pages/grants')) },
          { path: 'me/devices', lazy: page(() => import('./pages/devices')) },
          { path: 'me/password', lazy: page(() => import('./pages/password')) },
          { path: 'me/payment-password', lazy: page(() => import('./pages/payment-password')) },
        ],
      },
    ],
  },
]
