import { makeT, words } from '@shared'

export const useT = makeT(
  words({
    'face.name': { zh: '通宝钱包', en: 'Tongbao Wallet' },
    'home.title': { zh: '首页', en: 'Home' },
  }),
)
