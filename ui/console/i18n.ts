import { makeT, words } from '@shared'

export const useT = makeT(
  words({
    'face.name': { zh: '通宝运营', en: 'Tongbao Console' },
    'home.title': { zh: '总览', en: 'Overview' },
  }),
)
