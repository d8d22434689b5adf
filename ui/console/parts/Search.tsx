// Search is the one box: a person, a trade, an entry, a command or a phone.
// Ctrl-K or ⌘K goes there; arrows choose; Enter opens.
import { useSlow, When } from '@shared'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect, useId, useRef, useState } from 'react'
import { useNavigate } from 'react-router'
import { search, type Hit } from '../api/console'
import { useT } from '../i18n'
import { hitPath } from './links'

export const groups = ['people', 'merchants', 'payments', 'accounts', 'entries', 'commands', 'others'] as const

export function useFound(q: string) {
  return useQuery({ queryKey: ['search', q], queryFn: ({ signal }) => search(q, signal), enabled: q.length > 0, staleTime: 10_000, placeholderData: keepPreviousData })
}

export function SearchBox() {
  const t = useT()
  const navigate = useNavigate()
  const input = useRef<HTMLInputElement>(null)
  const box = useRef<HTMLDivElement>(null)
  const id = useId()
  const [text, setText] = useState('')
  const [q, setQ] = useState('')
  const [open, setOpen] = useState(false)
  const [at, setAt] = useState(0)
  const mac = /Mac|iP(hone|ad)/.test(navigator.userAgent)

  useEffect(() => {
    const key = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.metaKey || event.ctrlKey) || event.altKey || event.shiftKey) return
      event.preventDefault()
      input.current?.focus()
      input.current?.select()
    }
    const away = (event: MouseEvent) => !box.current?.contains(event.target as Node) && setOpen(false)
    addEventListener('keydown', key)
    addEventListener('mousedown', away)
    return () => {
      removeEventListener('keydown', key)
      removeEventListener('mousedown', away)
    }
  }, [])
  useEffect(() => {
    const timer = setTimeout(() => setQ(text.trim()), 200)
    return () => clearTimeout(timer)
  }, [text])

  const query = useFound(q)
  const slow = useSlow(query.isFetching && q !== '')
  const found = q ? query.data : undefined
  const hits = found ? groups.flatMap((group) => found[group].slice(0, 5)) : []
  useEffect(() => setAt(0), [q, query.data])
  const go = (hit: Hit | undefined) => {
    const path = hit && hitPath(hit)
    setOpen(false)
    input.current?.blur()
    void navigate(path ?? `/search?q=${encodeURIComponent(text.trim())}`)
  }
  const shown = open && text.trim() !== ''
  return (
    <div className="search" ref={box}>
      <input
        ref={input}
        type="search"
        role="combobox"
        aria-label={t('search.label')}
        aria-expanded={shown}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={shown && hits[at] ? `${id}-${at}` : undefined}
        placeholder={t('search.placeholder')}
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={(e) => {
          setText(e.target.value)
          setOpen(true)
        }}
        onFocus={() => setOpen(true)}
        onKeyDown={(event) => {
          if (event.nativeEvent.isComposing) return
          if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
            event.preventDefault()
            if (hits.length) setAt((at + (event.key === 'ArrowDown' ? 1 : hits.length - 1)) % hits.length)
          } else if (event.key === 'Enter' && text.trim()) {
            event.preventDefault()
            // What is shown must be of what is typed; else the page of all results looks anew.
            go(q === text.trim() && !query.isFetching ? hits[at] : undefined)
          } else if (event.key === 'Escape') {
            setOpen(false)
            input.current?.blur()
          }
        }}
      />
      <kbd aria-hidden="true">{mac ? '⌘K' : 'Ctrl K'}</kbd>
      <div id={`${id}-list`} role="listbox" aria-label={t('search.found')} className={`search-list ${shown ? '' : 'search-shut'}`}>
        {shown && found && (
          <>
            {groups.map((group) => {
              const some = found[group].slice(0, 5)
              if (!some.length) return null
              return (
                <div key={group} role="group" aria-label={t(`search.${group}`)}>
                  <div className="search-group" aria-hidden="true">
                    {t(`search.${group}`)}
                  </div>
                  {some.map((hit) => {
                    const n = hits.indexOf(hit)
                    return (
                      <div key={`${hit.kind} ${hit.id}`} id={`${id}-${n}`} role="option" aria-selected={n === at} className="search-hit" onMouseMove={() => n !== at && setAt(n)} onClick={() => go(hit)}>
                        <span className="desk-clip">{hit.title}</span>
                        <small className="tb-soft desk-clip">{hit.detail || hit.id}</small>
                      </div>
                    )
                  })}
                </div>
              )
            })}
          </>
        )}
      </div>
      {shown && !hits.length && (
        <div className="search-list search-say" role="status">
          {query.error ? t('search.failed') : !found || query.isFetching ? (slow ? t('state.slow') : t('search.looking')) : t('search.none')}
        </div>
      )}
    </div>
  )
}

export function HitTime({ hit }: { hit: Hit }) {
  return hit.at ? <When at={hit.at} className="tb-soft" /> : null
}
