// claim is what a buyer asks for in a dispute: why, how much, and whether the goods go back.
import { useId } from 'react'
import { formatMoney } from '@shared'
import type { Reason } from '../api/wallet'
import { useT } from '../i18n'
import { MoneyField, TextField } from './ui'

export interface Claim {
  reason: Reason
  amount: string
  wantsReturn: boolean
  text: string
}

export const reasons: Reason[] = ['not_received', 'not_as_described', 'damaged', 'incomplete', 'counterfeit', 'other']

export interface ClaimFieldsProps {
  claim: Claim
  onChange: (claim: Claim) => void
  most: number
  currency: string
  wrong?: string | undefined
  problem?: string | undefined
  /** Before shipping there is one reason and nothing to send back. */
  refundOnly: boolean
}

export function ClaimFields({ claim, onChange, most, currency, wrong, problem, refundOnly }: ClaimFieldsProps) {
  const t = useT()
  const group = useId()
  const set = (more: Partial<Claim>) => onChange({ ...claim, ...more })
  return (
    <>
      {!refundOnly && (
        <fieldset className="w-choices w-reasons">
          <legend>{t('claim.reason')}</legend>
          {reasons.map((reason) => (
            <label key={reason} className="w-choice">
              <input type="radio" name={group} checked={claim.reason === reason} onChange={() => set({ reason, ...(reason === 'not_received' ? { wantsReturn: false } : {}) })} />
              <span>{t(`reason.${reason}`)}</span>
            </label>
          ))}
        </fieldset>
      )}
      <MoneyField
        label={t('claim.amount')}
        value={claim.amount}
        onChange={(amount) => set({ amount })}
        currency={currency}
        error={wrong === 'amount' ? t('claim.amount.wrong', { most: formatMoney(most, currency, { lang: t.lang }) }) : problem}
        hint={t('claim.most', { most: formatMoney(most, currency, { lang: t.lang }) })}
      />
      {!refundOnly && claim.reason !== 'not_received' && (
        <label className="w-check">
          <input type="checkbox" checked={claim.wantsReturn} onChange={(e) => set({ wantsReturn: e.target.checked })} />
          <span>
            {t('claim.return')}
            <span className="tb-soft">{t('claim.return.says')}</span>
          </span>
        </label>
      )}
      <TextField label={t('claim.text')} value={claim.text} onChange={(text) => set({ text })} hint={t('claim.text.hint')} error={wrong === 'text' ? t('claim.text.missing') : undefined} />
    </>
  )
}
