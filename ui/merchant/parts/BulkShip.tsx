// BulkShip ships many orders from a file: read, look each up, show what will
// happen, do it, and say what became of every line.
import { formatMoney, heldKey, Problem, releaseKey, useSlow } from '@shared'
import { Rows, type Payment } from '@shared/desks'
import { useQueryClient } from '@tanstack/react-query'
import { Button, Modal, Progress } from 'antd'
import { useRef, useState } from 'react'
import { allPayments, getPayment, listPayments, shipMany } from '../api/merchant'
import { useT } from '../i18n'
import { save } from './save'
import { readShipments, readText, writeCSV, type ShipLine } from './csv'
import { problemWords } from '@shared/problems'

interface Line extends ShipLine {
  payment?: Payment
  /** What the look-up or the server said. */
  says?: string
  state: 'bad' | 'ready' | 'done' | 'refused'
}

type Stage = { at: 'file'; error?: string } | { at: 'reading'; done: number; of: number } | { at: 'preview' } | { at: 'sending'; done: number; of: number } | { at: 'results'; lost?: string }

const most = 2000
const together = 200 // lines in one request, the API's limit

export function BulkShip({ open, onClose }: { open: boolean; onClose: () => void }) {
  const t = useT()
  const client = useQueryClient()
  const input = useRef<HTMLInputElement>(null)
  const [stage, setStage] = useState<Stage>({ at: 'file' })
  const [lines, setLines] = useState<Line[]>([])
  const [preparing, setPreparing] = useState(false)
  const slow = useSlow(stage.at === 'reading' || stage.at === 'sending')
  const busy = stage.at === 'reading' || stage.at === 'sending'
  const ready = lines.filter((l) => l.state === 'ready')
  const done = lines.filter((l) => l.state === 'done').length
  const refused = lines.filter((l) => l.state === 'refused').length

  const close = () => {
    if (busy) return
    setStage({ at: 'file' })
    setLines([])
    onClose()
  }

  const template = async () => {
    setPreparing(true)
    try {
      const waiting = await allPayments({ needs: 'to_ship' }, 500)
      const heading = t.lang === 'zh' ? ['交易号', '订单号', '商品', '快递公司', '运单号'] : ['payment_id', 'order_no', 'goods', 'carrier', 'tracking_no']
      save(t.lang === 'zh' ? '待发货.csv' : 'to-ship.csv', writeCSV([heading, ...waiting.filter((p) => p.goods === 'physical').map((p) => [p.id, p.order_no, p.subject, '', ''])]))
    } catch (caught) {
      setStage({ at: 'file', error: caught instanceof Problem ? caught.text(t.lang) : String(caught) })
    } finally {
      setPreparing(false)
    }
  }

  const read = async (file: File) => {
    const found = file.size > 2 << 20 ? undefined : readShipments(readText(await file.arrayBuffer()))
    if (!found) return setStage({ at: 'file', error: t('bulk.nohead') })
    if (!found.length) return setStage({ at: 'file', error: t('bulk.nolines') })
    if (found.length > most) return setStage({ at: 'file', error: t('bulk.toomany', { most }) })
    setStage({ at: 'reading', done: 0, of: found.length })
    const looked: Line[] = found.map((l) => ({ ...l, state: l.wrong ? 'bad' : 'ready', ...(l.wrong ? { says: t(l.wrong) } : {}) }))
    let next = 0
    const work = async () => {
      for (let i = next++; i < looked.length; i = next++) {
        const line = looked[i]!
        if (line.state === 'ready') await lookUp(line)
        setStage({ at: 'reading', done: next, of: looked.length })
      }
    }
    const lookUp = async (line: Line) => {
      try {
        const p = line.payment_id ? await getPayment(line.payment_id) : (await listPayments({ order_no: line.order_no, limit: 1 })).data[0]
        if (!p) Object.assign(line, { state: 'bad', says: t('csv.wrong.unknown') })
        else if (!p.allowed.includes('ship')) Object.assign(line, { payment: p, state: 'bad', says: t('csv.wrong.state', { state: t.maybe(`status.${p.status}`) ?? p.status }) })
        else line.payment = p
      } catch (caught) {
        Object.assign(line, { state: 'bad', says: caught instanceof Problem ? caught.text(t.lang) : String(caught) })
      }
    }
    await Promise.all([work(), work(), work(), work()])
    setLines(looked)
    setStage({ at: 'preview' })
  }

  const send = async () => {
    const all = [...lines]
    const todo = all.filter((l) => l.state === 'ready')
    setStage({ at: 'sending', done: 0, of: todo.length })
    let lost: string | undefined
    for (let i = 0; i < todo.length; i += together) {
      const some = todo.slice(i, i + together)
      // The key stays until the answer is here, so that going on never ships, or tells the buyer, twice.
      const name = `bulk ${some[0]!.payment!.id} ${some.length}`
      try {
        const { results } = await shipMany(
          some.map((l) => ({ payment_id: l.payment!.id, carrier: l.carrier, tracking_no: l.tracking_no })),
          heldKey(name),
        )
        releaseKey(name)
        some.forEach((line, n) => {
          const result = results[n]
          line.state = result?.ok ? 'done' : 'refused'
          if (!result?.ok) line.says = codeWords(result?.code, t.lang) ?? result?.detail ?? t('error.title')
        })
      } catch (caught) {
        lost = caught instanceof Problem ? caught.text(t.lang) : String(caught)
        if (caught instanceof Problem && caught.moved !== 'unknown') releaseKey(name)
        break
      }
      setStage({ at: 'sending', done: i + some.length, of: todo.length })
    }
    setLines(all)
    setStage({ at: 'results', ...(lost ? { lost } : {}) })
    for (const name of ['payments', 'payment', 'day']) void client.invalidateQueries({ queryKey: [name] })
  }

  const footer =
    stage.at === 'preview' ? (
      <>
        <Button onClick={() => setStage({ at: 'file' })}>{t('bulk.other')}</Button>
        <Button type="primary" disabled={!ready.length} onClick={() => void send()}>
          {t('bulk.send', { n: ready.length })}
        </Button>
      </>
    ) : stage.at === 'results' ? (
      <>
        {ready.length > 0 && <Button onClick={() => void send()}>{t('bulk.again', { n: ready.length })}</Button>}
        <Button type="primary" onClick={close}>
          {t('act.close')}
        </Button>
      </>
    ) : null

  return (
    <Modal open={open} onCancel={close} title={t('bulk.title')} width={stage.at === 'preview' || stage.at === 'results' ? 880 : 560} destroyOnHidden footer={footer}>
      {stage.at === 'file' && (
        <>
          <ol className="bulk-steps">
            <li>
              {t('bulk.step1')}{' '}
              <Button size="small" loading={preparing} onClick={() => void template()}>
                {t('bulk.template')}
              </Button>
            </li>
            <li>{t('bulk.step2')}</li>
            <li>{t('bulk.step3')}</li>
          </ol>
          <div
            className="bulk-drop"
            onDragOver={(e) => e.preventDefault()}
            onDrop={(e) => {
              e.preventDefault()
              const file = e.dataTransfer.files[0]
              if (file) void read(file)
            }}
          >
            <p>{t('bulk.drop')}</p>
            <Button type="primary" onClick={() => input.current?.click()}>
              {t('bulk.choose')}
            </Button>
            <input
              ref={input}
              type="file"
              accept=".csv,.txt,.tsv,text/csv"
              className="tb-sr"
              tabIndex={-1}
              aria-label={t('bulk.file')}
              onChange={(e) => {
                const file = e.target.files?.[0]
                e.target.value = ''
                if (file) void read(file)
              }}
            />
          </div>
          {stage.error && (
            <p className="tb-bad" role="alert">
              {stage.error}
            </p>
          )}
        </>
      )}
      {(stage.at === 'reading' || stage.at === 'sending') && (
        <div className="bulk-busy" role="status">
          <p>{t(stage.at === 'reading' ? 'bulk.reading' : 'bulk.sending', { done: stage.done, of: stage.of })}</p>
          <Progress percent={Math.round((100 * stage.done) / stage.of)} showInfo={false} aria-label={t('bulk.title')} />
          {slow && <p className="tb-soft">{t('state.slow')}</p>}
        </div>
      )}
      {(stage.at === 'preview' || stage.at === 'results') && (
        <>
          <p className={stage.at === 'results' && !refused && !stage.lost ? 'desk-good' : 'desk-says'} role="status">
            {stage.at === 'preview' ? t('bulk.says', { n: ready.length, bad: lines.length - ready.length }) : t('bulk.done', { done, refused, bad: lines.length - done - refused - ready.length })}
          </p>
          {stage.at === 'results' && stage.lost && (
            <p className="desk-note" role="alert">
              {stage.lost} {t('bulk.lost')}
            </p>
          )}
          <div className="bulk-lines">
            <Rows<Line>
              label={t('bulk.title')}
              rows={lines}
              rowKey={(l) => String(l.line)}
              width={760}
              columns={[
                { title: t('bulk.line'), dataIndex: 'line', width: 60, align: 'right' },
                {
                  title: t('orders.order'),
                  key: 'order',
                  width: 230,
                  render: (_, l) => (
                    <span className="desk-cell-2">
                      <span>{l.payment?.subject ?? '–'}</span>
                      <small className="desk-mono">{l.payment?.order_no ?? (l.order_no || l.payment_id)}</small>
                    </span>
                  ),
                },
                { title: t('col.amount'), key: 'amount', width: 110, align: 'right', render: (_, l) => (l.payment ? formatMoney(l.payment.amount, l.payment.currency) : '–') },
                {
                  title: t('payment.shipment'),
                  key: 'ship',
                  width: 180,
                  render: (_, l) => (
                    <span className="desk-cell-2">
                      <span>{l.carrier || '–'}</span>
                      <small className="desk-mono">{l.tracking_no || '–'}</small>
                    </span>
                  ),
                },
                {
                  title: t(stage.at === 'preview' ? 'bulk.check' : 'bulk.result'),
                  key: 'state',
                  width: 200,
                  render: (_, l) =>
                    l.state === 'done' ? (
                      <span className="bulk-ok">✓ {t('bulk.shipped')}</span>
                    ) : l.state === 'ready' ? (
                      <span className={stage.at === 'preview' ? 'bulk-ok' : 'tb-soft'}>{stage.at === 'preview' ? `✓ ${t('bulk.ready')}` : t('bulk.notyet')}</span>
                    ) : (
                      <span className="tb-bad">✗ {l.says}</span>
                    ),
                },
              ]}
            />
          </div>
        </>
      )}
    </Modal>
  )
}

function codeWords(code: string | null | undefined, lang: 'zh' | 'en'): string | undefined {
  const words = problemWords as Record<string, { zh: string; en: string }>
  return code && Object.hasOwn(words, code) ? words[code]![lang] : undefined
}
