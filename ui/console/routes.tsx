import { page } from '@shared'
import type { RouteObject } from 'react-router'

export const routes: RouteObject[] = [
  { index: true, lazy: page(() => import('./pages/home')) },
]
