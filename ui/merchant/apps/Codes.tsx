import { EmptyState } from '@shared'
import { Card, Facts } from '@shared/desks'
import { Input } from 'antd'
import { useSearchParams } from 'react-router'
import { businessCodes, classicCodes, gatewayCodes, type CodeHelp } from './codes'
import { useAppT } from './words'

const outer = ['10000', '10003', '20000', '20001', '40001', '40002', '40003', '40004', '40005', '40006'] as const

/** Codes are what the gateway says when it says no, with what to do. */
export function Codes() {
  const t = useAppT()
  const [asked, setAsked] = useSearchParams()
  const text = asked.get('code') ?? ''
  const sought = text.trim().toLowerCase().replace(/^(acq|aop)\./, '')
  const found = (list: CodeHelp[]) => list.filter((c) => !sought || c.code.toLowerCase().includes(sought) || c[t.lang].toLowerCase().includes(sought))
  const groups = [
    ['codes.gateway', found(gatewayCodes)],
    ['codes.business', found(businessCodes)],
    ['codes.classic', found(classicCodes)],
  ] as const
  return (
    <>
      <Card title={t('tab.codes')}>
        <p className="tb-soft">{t('codes.says')}</p>
        <div className="desk-filters">
          <Input className="grow" allowClear aria-label={t('codes.search')} placeholder={t('codes.search')} value={text} onChange={(e) => setAsked(e.target.value ? { code: e.target.value } : {}, { replace: true })} />
        </div>
        {groups.every(([, list]) => !list.length) && <EmptyState>{t('codes.none')}</EmptyState>}
        {groups.map(
          ([title, list]) =>
            list.length > 0 && (
              <section key={title} className="apps-codes">
                <h3>{t(title)}</h3>
                <Facts className="apps-list" items={list.map((c) => [<code key={c.code} className="desk-mono">{c.code}</code>, c[t.lang]])} />
              </section>
            ),
        )}
      </Card>
      <Card title={t('codes.outer')}>
        <Facts items={outer.map((code) => [<code key={code} className="desk-mono">{code}</code>, t(`outer.${code}`)])} />
      </Card>
    </>
  )
}
