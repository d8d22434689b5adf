// print turns a page into a receipt on paper, or a PDF: the browser's own way.
import { now, formatStamp, businessZone } from '@shared'
import { useT } from '../i18n'
import { Coin } from './coin'

export function PrintButton() {
  const t = useT()
  return (
    <button type="button" className="tb-plain" onClick={() => window.print()}>
      {t('receipt.save')}
    </button>
  )
}

/** PrintHead is the letterhead, on paper alone. */
export function PrintHead() {
  const t = useT()
  return (
    <div className="w-print-head">
      <Coin size={28} />
      <strong>{t('face.name')}</strong>
      <span>{t('receipt.printed', { at: formatStamp(now(), businessZone()) })}</span>
    </div>
  )
}
