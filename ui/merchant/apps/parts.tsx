import { copy, makeT } from '@shared'
import { Button } from 'antd'
import { useEffect, useState, type ReactNode } from 'react'
import type { SignatureFit } from '../api/merchant'
import { save } from '../parts/save'
import { causeWords, keyWords } from './causes'
import { compare } from './compare'
import { useAppT } from './words'

/** CopyButton copies a long text that is shown elsewhere, or not at all. */
export function CopyButton({ text, children, name, onCopied }: { text: string; children: ReactNode; name?: string; onCopied?: () => void }) {
  const t = useAppT()
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), 2000)
    return () => clearTimeout(timer)
  }, [copied])
  return (
    <>
      <Button
        size="small"
        {...(name ? { 'aria-label': name } : {})}
        onClick={() =>
          void copy(text).then((done) => {
            setCopied(done)
            if (done) onCopied?.()
          })
        }
      >
        {copied ? t('setup.copied') : children}
      </Button>
      <span className="tb-sr" role="status">
        {copied ? t('setup.copied') : ''}
      </span>
    </>
  )
}

/** SaveButton hands a text over as a file. */
export function SaveButton({ file, text, children, onSaved }: { file: string; text: string; children: ReactNode; onSaved?: () => void }) {
  return (
    <Button
      size="small"
      onClick={() => {
        save(file, text, 'application/x-pem-file')
        onSaved?.()
      }}
    >
      {children}
    </Button>
  )
}

/** Signed is a string that is signed, with a button that copies it. */
export function Signed({ title, says, text }: { title: string; says?: ReactNode; text: string }) {
  const t = useAppT()
  return (
    <section className="apps-signed">
      <div className="desk-card-head">
        <h3>{title}</h3>
        <CopyButton text={text} name={`${t('setup.copy')}: ${title}`}>
          {t('setup.copy')}
        </CopyButton>
      </div>
      {says && <p className="tb-soft">{says}</p>}
      <pre className="desk-code" tabIndex={0} aria-label={title}>
        {text}
      </pre>
    </section>
  )
}

const useCauseT = makeT(causeWords)
const useKeyT = makeT(keyWords)

/** useCause says a finding in a sentence or two. */
export function useCause(): (fit: { cause: string; also: string | null; detail: string | null; key: string | null }) => string {
  const t = useCauseT()
  const k = useKeyT()
  return ({ cause, also, detail, key }) => {
    const name = key === 'public_key' || key === 'certificate' ? k(key) : key ? k('other', { id: key }) : ''
    const said = t.maybe(cause, { detail: cause === 'other_key' ? name : (detail ?? '') }) ?? cause
    const more = also ? ` ${t.maybe(also, { detail: detail ?? '' }) ?? ''}` : ''
    return said + more
  }
}

/** Fit says what is wrong with a signature, and where the two strings differ. */
export function Fit({ fit, ours }: { fit: SignatureFit; ours: string | null }) {
  const t = useAppT()
  const cause = useCause()
  const good = fit.cause === 'verified'
  return (
    <>
      <p className={good ? 'desk-good' : 'desk-refused apps-cause'} role="status">
        <strong>{t(good ? 'debug.good' : 'debug.bad')}</strong>
        {!good && <span>{cause(fit)}</span>}
      </p>
      {ours !== null && fit.signed_string !== null && <Difference ours={ours} theirs={fit.signed_string} />}
    </>
  )
}

const around = 60

// Difference shows the place, with a little of what is the same about it.
function Difference({ ours, theirs }: { ours: string; theirs: string }) {
  const t = useAppT()
  const d = compare(ours, theirs)
  if (!d.ours && !d.theirs) return null
  const before = d.before.length > around ? `…${d.before.slice(-around)}` : d.before
  const after = d.after.length > around ? `${d.after.slice(0, around)}…` : d.after
  const line = (label: string, text: string, Mark: 'ins' | 'del') => (
    <div>
      <dt>{label}</dt>
      <dd className="desk-mono">
        {before}
        <Mark>{text.length > 600 ? `${text.slice(0, 600)}…` : text || t('diff.nothing')}</Mark>
        {after}
      </dd>
    </div>
  )
  return (
    <section className="apps-diff" aria-label={t('diff.title')}>
      <h3>{t('diff.title')}</h3>
      <dl>
        {line(t('diff.ours'), d.ours, 'ins')}
        {line(t('diff.theirs'), d.theirs, 'del')}
      </dl>
    </section>
  )
}
