import { useQuery } from '@tanstack/react-query'
import { CopyId, Load, MaskedName } from '@shared'
import { collectionCode } from '../api/wallet'
import { useT } from '../i18n'
import { useMe } from '../parts/session'
import { Page, Picture, useSoon } from '../parts/ui'
import { useLive } from '../parts/live'
import { formatMoney } from '@shared'
import { useState } from 'react'
import type { Transfer } from '../api/wallet'

export default function MyCodePage() {
  const t = useT()
  const me = useMe()
  const code = useQuery({ queryKey: ['my-code'], queryFn: collectionCode, staleTime: Infinity })
  const [got, setGot] = useState<Transfer>()
  const [fresh, tell] = useSoon(8000)
  useLive((event) => {
    if (event.type !== 'transfer.created') return
    const transfer = (event.data as { data?: Transfer }).data
    if (!transfer || transfer.to.id !== me.data?.id) return
    setGot(transfer)
    tell()
  })
  return (
    <Page title={t('collect.title')} className="w-paycode">
      <div className="w-paycode-card">
        <Load query={code} skeleton={{ shape: 'page', rows: 2 }}>
          {(code) => (
            <>
              <p className="w-paycode-says">{t('collect.says')}</p>
              <Picture className="w-qr w-qr-large" svg={code.qr_svg} alt={t('collect.qr')} />
              <p className="w-collect-who">
                {me.data?.nickname}
                {me.data?.name_masked && (
                  <>
                    {' '}
                    (<MaskedName name={me.data.name_masked} />)
                  </>
                )}
              </p>
              <CopyId id={code.text} what={t('collect.link')} show={28} />
            </>
          )}
        </Load>
      </div>
      <p className="w-collected" role="status">
        {got && fresh ? t('collect.got', { amount: formatMoney(got.amount, got.currency, { lang: t.lang }), name: got.from.nickname }) : ''}
      </p>
    </Page>
  )
}
