import { CopyId, Load, useTitle } from '@shared'
import { Card, Head, useSession } from '@shared/desks'
import { Mark } from '@shared/desks/Login'
import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { getCollectionCode } from '../api/merchant'
import { useT } from '../i18n'

export default function Code() {
  const t = useT()
  useTitle(t('nav.code'))
  const query = useQuery({ queryKey: ['collection-code'], queryFn: getCollectionCode, staleTime: Infinity })
  const merchant = useSession().data?.staff?.merchant
  return (
    <>
      <div className="desk-noprint">
        <Head title={t('nav.code')} sub={t('code.says')}>
          <Button type="primary" disabled={!query.data} onClick={() => print()}>
            {t('code.print')}
          </Button>
        </Head>
      </div>
      <Load query={query} skeleton={{ shape: 'page', rows: 2 }}>
        {(code) => (
          <div className="desk-grid desk-2-1">
            <div className="code-sheet">
              <div className="code-head">
                <Mark size={32} /> 通宝 Tongbao
              </div>
              <img src={`data:image/svg+xml;charset=utf-8,${encodeURIComponent(code.qr_svg)}`} alt={t('code.alt', { name: merchant?.name ?? '' })} />
              <strong>{merchant?.name}</strong>
              <span>打开通宝，扫一扫付款 · Open Tongbao and scan to pay</span>
            </div>
            <div className="desk-noprint">
              <Card title={t('code.how')}>
                <ol className="bulk-steps">
                  <li>{t('code.step1')}</li>
                  <li>{t('code.step2')}</li>
                  <li>{t('code.step3')}</li>
                </ol>
                <p className="tb-soft">{t('code.text')}</p>
                <CopyId id={code.text} what={t('code.text')} show={36} />
              </Card>
            </div>
          </div>
        )}
      </Load>
    </>
  )
}
