// i18n is the two languages of the screens. A word stands in both languages
// on one line, so none can be forgotten; its parameters are checked by the
// compiler. `{name}` is replaced; `{n|day|days}` chooses by the number n (the
// English half only: Chinese needs no plural).
import { useMemo, useSyncExternalStore } from 'react'
import { sharedWords } from './words'

export type Lang = 'zh' | 'en'
export type Word = { readonly zh: string; readonly en: string }
export type Words = Readonly<Record<string, Word>>

/** words declares a dictionary; it only lets the compiler see the exact texts. */
export function words<const W extends Words>(dictionary: W): W {
  return dictionary
}

type Name<S extends string> = S extends `${infer N}|${string}` ? N : S
type Names<S extends string> = S extends `${string}{${infer N}}${infer Rest}` ? Name<N> | Names<Rest> : never
type Args<W extends Word> = [Names<W['zh'] | W['en']>] extends [never]
  ? []
  : [params: Record<Names<W['zh'] | W['en']>, string | number>]

/** T says a word in the language of now: t('order.left', { n: 3 }). */
export interface T<W extends Words> {
  <K extends keyof W & string>(key: K, ...args: Args<W[K]>): string
  /** maybe says a word whose key is only known at run time (a state, a code), or undefined. */
  maybe(key: string, params?: Record<string, string | number>): string | undefined
  lang: Lang
}

/** makeT gives a face its hook: its own words and the shared ones, checked together. */
export function makeT<const W extends Words>(own: W): () => T<W & typeof sharedWords> {
  const all: Words = { ...sharedWords, ...own }
  return function useT() {
    const lang = useLang()
    return useMemo(
      () => {
        const maybe = (key: string, params?: Record<string, string | number>) =>
          Object.hasOwn(all, key) ? fill(all[key]![lang], params) : undefined
        const t = (key: string, params?: Record<string, string | number>) => maybe(key, params) ?? key
        return Object.assign(t, { maybe, lang })
      },
      [lang],
    ) as unknown as T<W & typeof sharedWords>
  }
}

/**
 * fill puts the parameters into a text. In Chinese, what a parameter begins and
 * ends with is not known beforehand ('29 分钟', '今天 22:56', a name in either
 * script), so its seams follow one rule: a space between a character and a digit
 * or Latin letter, none between characters or beside their punctuation.
 */
export function fill(text: string, params: Record<string, string | number> = {}): string {
  const filled = text.replace(/\{(\w+)(?:\|([^|{}]*)\|([^|{}]*))?\}/g, (whole, name: string, one?: string, many?: string) => {
    const value = params[name]
    if (value === undefined) return whole
    return `${seam}${one === undefined ? value : Number(value) === 1 ? one : many}${seam}`
  })
  if (!han.test(text)) return filled.replaceAll(seam, '')
  return filled.replace(seams, (spaces, at: number) => {
    const [before, after] = [filled[at - 1] ?? '', filled[at + spaces.length] ?? '']
    const wide = [before, after].map((c) => han.test(c))
    const kept = spaces.replaceAll(seam, '')
    if (punctuation.test(before) || punctuation.test(after) || (wide[0] && wide[1])) return ''
    if ((wide[0] && latin.test(after)) || (wide[1] && latin.test(before))) return ' '
    return kept
  })
}

const seam = '\u{E000}' // of the private use area: nobody's text has it
const seams = new RegExp(` ?${seam}+ ?`, 'gu')
const han = /\p{Script=Han}/u
const punctuation = /[，。、：；！？（）「」《》“”…]/
const latin = /[\p{Script=Latin}\d¥$€£+−-]/u

const key = 'tongbao.lang'
const listeners = new Set<() => void>()
let current = readLang()

export function lang(): Lang {
  return current
}

/** locale is the language as the browser's own formatters name it. */
export function locale(of: Lang = current): string {
  return of === 'zh' ? 'zh-CN' : 'en-US'
}

export function setLang(next: Lang) {
  current = next
  try {
    localStorage.setItem(key, next)
  } catch {
    // As in theme: the choice then lasts as long as the page.
  }
  applyLang()
  listeners.forEach((tell) => tell())
}

export function useLang(): Lang {
  return useSyncExternalStore(subscribe, lang)
}

/** applyLang tells the document, and so screen readers and fonts, its language. */
export function applyLang() {
  document.documentElement.lang = locale()
}

function subscribe(tell: () => void) {
  listeners.add(tell)
  return () => void listeners.delete(tell)
}

function readLang(): Lang {
  try {
    const kept = localStorage.getItem(key)
    if (kept === 'zh' || kept === 'en') return kept
    return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en'
  } catch {
    return 'zh'
  }
}
