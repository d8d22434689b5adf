import { useEffect, useState } from 'react'
import { useT } from './words'

export interface CopyIdProps {
  id: string
  /** What it is the identifier of, for screen readers: 'the order number'. */
  what?: string
  /** Characters to show; the middle of a longer one is left out (it is copied whole). */
  show?: number
}

/** CopyId is an identifier, quiet and monospaced, with a button that copies it. */
export function CopyId({ id, what, show = 20 }: CopyIdProps) {
  const t = useT()
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), 2000)
    return () => clearTimeout(timer)
  }, [copied])

  const text = id.length > show + 1 ? `${id.slice(0, Math.ceil(show / 2))}…${id.slice(-Math.floor(show / 2))}` : id
  return (
    <span className="tb-copy">
      <code title={id}>{text}</code>
      <button type="button" aria-label={t('copy.label', { what: what ?? t('copy.id') })} onClick={() => void copy(id).then(setCopied)}>
        {copied ? t('act.copied') : t('act.copy')}
      </button>
      <span className="tb-sr" role="status">
        {copied ? t('act.copied') : ''}
      </span>
    </span>
  )
}

/** copy works on plain http too, where the clipboard interface is missing. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const area = document.createElement('textarea')
    area.value = text
    document.body.append(area)
    area.select()
    const done = document.execCommand('copy')
    area.remove()
    return done
  }
}
