import { makeT, words } from '@shared'

export const useT = makeT(
  words({
    'face.name': { zh: '通宝商家', en: 'Tongbao Merchant' },
    'home.title': { zh: '今日', en: 'Today' },
  }),
)
