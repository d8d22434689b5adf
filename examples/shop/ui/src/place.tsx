// Where we are (the address bar) and in which language. A page is an address:
// back, reload and links all work.

import { createContext, useCallback, useContext, useEffect, useMemo, useState, type MouseEvent, type ReactNode } from 'react'
import type { Text } from './api'
import { amount as sayAmount, type Lang } from './say'
import { fill, words, type Word } from './words'

type Place = {
  path: string
  go: (to: string, how?: 'push' | 'replace') => void
  lang: Lang
  setLang: (lang: Lang) => void
}

const PlaceContext = createContext<Place | null>(null)

function firstLang(): Lang {
  const kept = localStorage.getItem('lane.lang')
  if (kept === 'zh' || kept === 'en') return kept
  return navigator.languages.some((l) => l.toLowerCase().startsWith('zh')) ? 'zh' : 'en'
}

export function PlaceProvider({ children }: { children: ReactNode }) {
  const [path, setPath] = useState(location.pathname)
  const [lang, setLangNow] = useState(firstLang)

  useEffect(() => {
    // Back finds the list where it was left: a page keeps its place as it is left.
    history.scrollRestoration = 'manual'
    const moved = (e: PopStateEvent) => {
      setPath(location.pathname)
      requestAnimationFrame(() => scrollTo(0, e.state?.top ?? 0))
    }
    addEventListener('popstate', moved)
    return () => removeEventListener('popstate', moved)
  }, [])

  useEffect(() => {
    document.documentElement.lang = lang === 'zh' ? 'zh-CN' : 'en'
  }, [lang])

  const go = useCallback((to: string, how: 'push' | 'replace' = 'push') => {
    if (how === 'push') {
      history.replaceState({ ...history.state, top: scrollY }, '')
      history.pushState({ inside: true }, '', to)
    } else history.replaceState(history.state, '', to)
    setPath(to)
    scrollTo(0, 0)
  }, [])

  const setLang = useCallback((l: Lang) => {
    localStorage.setItem('lane.lang', l)
    setLangNow(l)
  }, [])

  const place = useMemo(() => ({ path, go, lang, setLang }), [path, go, lang, setLang])
  return <PlaceContext value={place}>{children}</PlaceContext>
}

export function usePlace(): Place {
  const place = useContext(PlaceContext)
  if (!place) throw new Error('no place')
  return place
}

/** The words of the language: t for ours, say for the catalogue's, money for amounts. */
export function useWords() {
  const { lang } = usePlace()
  return useMemo(
    () => ({
      lang,
      t: (word: Word, values?: Record<string, string | number>) => fill(words[lang][word], values),
      say: (text: Text) => text[lang],
      money: (minor: number, currency: string) => sayAmount(minor, currency, lang),
    }),
    [lang],
  )
}

export function Link({ to, children, ...rest }: { to: string; children: ReactNode; className?: string; 'aria-label'?: string; 'aria-current'?: 'page' }) {
  const { go } = usePlace()
  const click = (e: MouseEvent) => {
    if (e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return
    e.preventDefault()
    go(to)
  }
  return (
    <a href={to} onClick={click} {...rest}>
      {children}
    </a>
  )
}
