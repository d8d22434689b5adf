// identity is the form in which somebody says who they are, and by what it is proved.
import { useId, useState } from 'react'
import { formatMoney, Problem } from '@shared'
import type { Me } from '../api/wallet'
import { useT } from '../i18n'
import { demoResident, validResident } from './numbers'
import { useSandbox } from './session'
import { Button, Field, problemOf, Said } from './ui'

export type Proof = 'basic' | 'bank_card' | 'face'
export const proofs: { proof: Proof; tier: 'I' | 'II' | 'III'; perDay?: number; perYear?: number; forLife?: number }[] = [
  { proof: 'basic', tier: 'I', forLife: 1_000_00 },
  { proof: 'bank_card', tier: 'II', perDay: 50_000_00, perYear: 100_000_00 },
  { proof: 'face', tier: 'III', perDay: 100_000_00, perYear: 200_000_00 },
]
const order = ['unknown', 'I', 'II', 'III']

export interface IdentityFormProps {
  act: { mutate: (body: { name: string; id_number: string; proof: Proof }) => void; isPending: boolean; error: unknown }
  tier: Me['tier']
}

export function IdentityForm({ act, tier }: IdentityFormProps) {
  const t = useT()
  const sandbox = useSandbox()
  const group = useId()
  const open = proofs.filter((p) => order.indexOf(p.tier) > order.indexOf(tier))
  const [name, setName] = useState('')
  const [number, setNumber] = useState('')
  const [proof, setProof] = useState<Proof>(open[Math.min(1, open.length - 1)]?.proof ?? 'face')
  const [wrong, setWrong] = useState<'name' | 'number'>()
  const refusal = act.error instanceof Problem ? act.error : undefined
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        const missing = !/^[\p{Script=Han}·•・‧]{2,30}$/u.test(name.trim()) ? 'name' : !validResident(number) ? 'number' : undefined
        setWrong(missing)
        if (!missing && !act.isPending) act.mutate({ name: name.trim(), id_number: number.trim().toUpperCase(), proof })
      }}
    >
      <Field
        label={t('identity.name')}
        value={name}
        onChange={setName}
        autoComplete="name"
        lang="zh-CN"
        hint={t('identity.name.hint')}
        error={wrong === 'name' ? t('identity.name.wrong') : problemOf(refusal, t.lang, 'name')}
      />
      <Field
        label={t('identity.number')}
        value={number}
        onChange={setNumber}
        autoComplete="off"
        maxLength={18}
        error={wrong === 'number' ? t('identity.number.wrong') : problemOf(refusal, t.lang, 'id_number')}
      />
      {sandbox.data && (
        <p className="w-demo-line">
          <button
            type="button"
            className="tb-plain"
            onClick={() => {
              setName(name || '林晓')
              setNumber(demoResident(`19${70 + Math.floor(Math.random() * 30)}0${1 + Math.floor(Math.random() * 9)}1${Math.floor(Math.random() * 10)}`, Math.floor(Math.random() * 1000)))
            }}
          >
            {t('demo.identity')}
          </button>
        </p>
      )}
      <fieldset className="w-choices">
        <legend id={group}>{t('identity.proof')}</legend>
        {open.map((p) => (
          <label key={p.proof} className="w-choice">
            <input type="radio" name={group} checked={proof === p.proof} onChange={() => setProof(p.proof)} />
            <span>
              <strong>{t(`proof.${p.proof}`)}</strong>
              <span className="tb-soft">
                {t(`tier.${p.tier}`)} · <TierSays tier={p.tier} />
              </span>
            </span>
          </label>
        ))}
      </fieldset>
      {refusal && !['name', 'id_number'].includes(refusal.field ?? '') && <Said error={refusal} />}
      <Button type="submit" busy={act.isPending} className="w-wide">
        {act.isPending ? t('identity.busy') : t('identity.act')}
      </Button>
    </form>
  )
}

/** TierSays is what a tier may spend, in words. */
export function TierSays({ tier }: { tier: Me['tier'] }) {
  const t = useT()
  const p = proofs.find((p) => p.tier === tier)
  if (!p) return <>{t('limit.none')}</>
  const money = (amount: number) => formatMoney(amount, 'CNY', { lang: t.lang }).replace(/\.00$/, '')
  if (p.forLife) return <>{t('limit.life', { amount: money(p.forLife) })}</>
  return <>{t('limit.yearday', { year: money(p.perYear!), day: money(p.perDay!) })}</>
}
