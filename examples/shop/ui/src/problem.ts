import { useCallback } from 'react'
import type { Problem } from './api'
import { useWords } from './place'
import { useStores } from './stores'
import { words, type Word } from './words'

/** Puts a refusal or a silence into the shopper's words. */
export function useProblem() {
  const { t, say, lang } = useWords()
  const { goods } = useStores()
  return useCallback(
    (p: Problem): string => {
      const word = `err_${p.code}`
      const good = goods.get(p.field)
      if (word in words[lang]) return t(word as Word, { name: good ? say(good.name) : p.field, code: p.code })
      return t('err_other', { code: p.code })
    },
    [t, say, lang, goods],
  )
}
