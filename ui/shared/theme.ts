// theme is the look of all faces: every colour and size once, for light and
// dark. Pages use the variables (`var(--tb-text)`); antd and antd-mobile get
// the same values (desk.tsx, phone.tsx). Each pair that carries text reaches a
// contrast of 4.5 on `page` and on `surface`; that is why acts use `primary`,
// a shade below the brand's #1677ff, on which white text would reach only 4.1.
import { useSyncExternalStore } from 'react'

export const brand = '#1677ff' // marks, icons, focus rings, plots: never under or as small text

const light = {
  brand,
  primary: '#0e66e0', // fills under text, links, what is selected
  onPrimary: '#ffffff',
  primarySoft: '#e6f1ff',
  page: '#f4f5f7',
  surface: '#ffffff',
  line: '#e2e5ea',
  text: '#171b24',
  textSoft: '#5b6270',
  red: '#c9252d',
  green: '#0b7a3e',
  amber: '#9a5b00',
  redSoft: '#fdecec',
  greenSoft: '#e7f6ed',
  amberSoft: '#fdf3e1',
  shade: 'rgba(15, 20, 30, 0.08)',
}

export type Tokens = typeof light

const dark: Tokens = {
  brand: '#3d8bff',
  primary: '#5c9dff',
  onPrimary: '#0b1220',
  primarySoft: '#16263f',
  page: '#111318',
  surface: '#1c1f26',
  line: '#323742',
  text: '#eef0f4',
  textSoft: '#a5acb8',
  red: '#ff7b78',
  green: '#4cc38a',
  amber: '#e8a33d',
  redSoft: '#3a1d1f',
  greenSoft: '#16301f',
  amberSoft: '#35270f',
  shade: 'rgba(0, 0, 0, 0.4)',
}

export const tokens = { light, dark }

/** System fonts; nothing is fetched. The Latin ones stand first: a Chinese font draws an apostrophe as wide as a character. */
export const fontFamily =
  "-apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'Liberation Sans', 'DejaVu Sans', 'PingFang SC', 'Hiragino Sans GB', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif"
export const monoFamily = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', 'Noto Sans Mono CJK SC', monospace"

export const radius = 8

export type Mode = 'light' | 'dark'
export type ModeChoice = Mode | 'system'

const key = 'tongbao.mode'
const system = typeof matchMedia === 'function' ? matchMedia('(prefers-color-scheme: dark)') : undefined
const listeners = new Set<() => void>()
let choice = readChoice()

/** modeChoice is what the person chose; mode is what that means now. */
export function modeChoice(): ModeChoice {
  return choice
}

export function mode(): Mode {
  return choice === 'system' ? (system?.matches ? 'dark' : 'light') : choice
}

export function setMode(next: ModeChoice) {
  choice = next
  try {
    localStorage.setItem(key, next)
  } catch {
    // A browser that keeps nothing still shows the choice until it is closed.
  }
  applyTheme()
}

/** useMode re-renders when the mode changes, by the person or by the system. */
export function useMode(): Mode {
  return useSyncExternalStore(subscribe, mode)
}

export function useTokens(): Tokens {
  return tokens[useMode()]
}

/**
 * applyTheme writes the tokens as custom properties of the document. It goes
 * through the style object, which the content security policy allows, and not
 * through a style attribute or tag, which it does not.
 */
export function applyTheme() {
  const root = document.documentElement
  const now = mode()
  root.dataset.theme = now
  root.dataset.prefersColorScheme = now // antd-mobile's switch
  root.style.colorScheme = now
  for (const [name, value] of Object.entries(tokens[now])) {
    root.style.setProperty(`--tb-${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`, value)
  }
  root.style.setProperty('--tb-font', fontFamily)
  root.style.setProperty('--tb-mono', monoFamily)
  root.style.setProperty('--tb-radius', `${radius}px`)
  listeners.forEach((tell) => tell())
}

system?.addEventListener('change', applyTheme)

function subscribe(tell: () => void) {
  listeners.add(tell)
  return () => void listeners.delete(tell)
}

function readChoice(): ModeChoice {
  try {
    const kept = localStorage.getItem(key)
    return kept === 'light' || kept === 'dark' ? kept : 'system'
  } catch {
    return 'system'
  }
}
