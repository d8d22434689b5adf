// The address: kept in this browser, filled in for a newcomer, so that the first
// purchase needs no typing.

import { useEffect, useId, useRef, useState } from 'react'
import type { Address } from './api'
import { Icon } from './parts'
import { useWords } from './place'
import type { Lang } from './say'
import type { Word } from './words'

const key = 'lane.address'

const demo: Record<Lang, Address> = {
  zh: { name: '林小满', phone: '138 0571 2046', region: '浙江省杭州市西湖区', street: '文三路 90 号 2 幢 301 室' },
  en: { name: 'Mia Lin', phone: '138 0571 2046', region: 'Hangzhou, Zhejiang', street: '90 Wensan Road, Flat 301' },
}

export function keptAddress(): Address | null {
  try {
    const a = JSON.parse(localStorage.getItem(key) ?? 'null') as Address | null
    if (a && [a.name, a.phone, a.region, a.street].every((s) => typeof s === 'string')) return a
  } catch {
    // as if there were none
  }
  return null
}

export const addressFor = (lang: Lang) => keptAddress() ?? demo[lang]

/** Street and city, in the order in which the language reads them. */
export const oneLine = (a: Address, lang: Lang) => (lang === 'zh' ? `${a.region} ${a.street}` : `${a.street}, ${a.region}`)

const fields = [
  { name: 'name', label: 'fieldName', auto: 'shipping name', max: 40, type: 'text' },
  { name: 'phone', label: 'fieldPhone', auto: 'shipping tel', max: 20, type: 'tel' },
  { name: 'region', label: 'fieldRegion', auto: 'shipping address-level2', max: 60, type: 'text' },
  { name: 'street', label: 'fieldStreet', auto: 'shipping street-address', max: 120, type: 'text' },
] as const

export function wrongIn(a: Address): Partial<Record<keyof Address, Word>> {
  const wrong: Partial<Record<keyof Address, Word>> = {}
  for (const f of fields) {
    const text = a[f.name].trim()
    if (!text) wrong[f.name] = 'fieldMissing'
    else if ([...text].length > f.max) wrong[f.name] = 'fieldLong'
  }
  if (!wrong.phone && !/^\+?[0-9][0-9 -]{5,19}$/.test(a.phone.trim())) wrong.phone = 'fieldPhoneBad'
  return wrong
}

export function AddressCard({ address, set, editing, setEditing }: { address: Address; set: (a: Address) => void; editing: boolean; setEditing: (on: boolean) => void }) {
  const { t, lang } = useWords()
  const id = useId()
  const form = useRef<HTMLFormElement>(null)
  const [tried, setTried] = useState(false)
  const wrong = wrongIn(address)

  useEffect(() => {
    if (editing) form.current?.querySelector('input')?.focus()
  }, [editing])

  const done = () => {
    setTried(true)
    const first = fields.find((f) => wrong[f.name])
    if (first) {
      form.current?.querySelector<HTMLInputElement>(`[name=${first.name}]`)?.focus()
      return
    }
    localStorage.setItem(key, JSON.stringify(address))
    setEditing(false)
  }

  if (!editing)
    return (
      <section className="sheet address">
        <h2 className="unseen">{t('deliverTo')}</h2>
        <span className="disc">
          <Icon name="pin" />
        </span>
        <address>
          <b>{address.name}</b> <span className="soft">{address.phone}</span>
          <br />
          {oneLine(address, lang)}
          {!keptAddress() && <span className="soft small block">{t('demoAddress')}</span>}
        </address>
        <button type="button" className="plain" onClick={() => setEditing(true)} aria-label={`${t('edit')}: ${t('deliverTo')}`}>
          {t('edit')}
        </button>
      </section>
    )
  return (
    <form
      ref={form}
      className="sheet fields"
      noValidate
      onSubmit={(e) => {
        e.preventDefault()
        done()
      }}
    >
      <h2>{t('deliverTo')}</h2>
      {fields.map((f) => {
        const problem = tried ? wrong[f.name] : undefined
        return (
          <div key={f.name} className="field">
            <label htmlFor={id + f.name}>{t(f.label)}</label>
            <input
              id={id + f.name}
              name={f.name}
              type={f.type}
              inputMode={f.type === 'tel' ? 'tel' : undefined}
              autoComplete={f.auto}
              value={address[f.name]}
              onChange={(e) => set({ ...address, [f.name]: e.target.value })}
              aria-invalid={problem ? true : undefined}
              aria-describedby={problem ? `${id}${f.name}wrong` : undefined}
            />
            {problem && (
              <span id={`${id}${f.name}wrong`} className="warn small">
                {t(problem)}
              </span>
            )}
          </div>
        )
      })}
      <button type="submit" className="button">
        {t('done')}
      </button>
    </form>
  )
}
