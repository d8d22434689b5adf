import { CopyId, useAct } from '@shared'
import { ActDialog, Card, Facts, Field, Refused } from '@shared/desks'
import { useQueryClient } from '@tanstack/react-query'
import { App as Ant, Button, Checkbox, Input, Select, Spin } from 'antd'
import { useEffect, useRef, useState } from 'react'
import { useLocation } from 'react-router'
import { changeApp, issueCertificate, resetEncryptionKey, resetMD5Key, type AppChange, type Application } from '../api/merchant'
import { useMay } from '../parts/may'
import { SecretOnce } from '../parts/SecretOnce'
import { readText } from '../parts/csv'
import { bare, canMakeKeys, makeKeys, type KeyPair } from './keys'
import { CopyButton, SaveButton } from './parts'
import { useAppT } from './words'

type Doing = 'make' | 'upload' | 'certificate' | 'issue' | 'aes' | 'md5' | 'disable'

/** Setup is what an application is known by: keys, certificates, addresses. */
export function Setup({ app }: { app: Application }) {
  const t = useAppT()
  const client = useQueryClient()
  const { message } = Ant.useApp()
  const may = useMay()('manage keys')
  const told = (useLocation().state as { encryptionKey?: string } | null)?.encryptionKey
  const [secret, setSecret] = useState(told ? { title: t('setup.aes'), text: told } : undefined)
  const [doing, setDoing] = useState<Doing>()
  const again = (now: Application) => {
    const { encryption_key: _e, md5_key: _m, ...kept } = now // told once, and not to be found in a cache
    client.setQueryData(['app', app.id], kept)
    void client.invalidateQueries({ queryKey: ['apps'] })
    setDoing(undefined)
  }
  const said = (now: Application, what: string) => {
    again(now)
    void message.success(what)
  }
  const issue = useAct('issue certificate', () => issueCertificate(app.id), { onSuccess: (now) => said(now, t('setup.cert.issued')) })
  const reset = useAct('reset key', () => resetEncryptionKey(app.id), { onSuccess: (now) => (again(now), setSecret({ title: t('setup.aes'), text: now.encryption_key ?? '' })) })
  const md5 = useAct('md5 key', () => resetMD5Key(app.id), { onSuccess: (now) => (again(now), setSecret({ title: t('setup.md5'), text: now.md5_key ?? '' })) })
  const turn = useAct('turn app', (disabled: boolean) => changeApp(app.id, { disabled }), { onSuccess: (now) => said(now, t('setup.saved')) })
  return (
    <>
      {!may && <p className="desk-note">{t('apps.notyours')}</p>}
      <div className="desk-grid desk-2 desk-fill">
        <Card title={t('setup.values')}>
          <Facts
            items={[
              [t('setup.gateway'), <CopyId key="g" id={app.gateway_url} what={t('setup.gateway')} show={60} />],
              ['app_id', <CopyId key="i" id={app.id} what="app_id" />],
              ['sign_type', app.sha1 ? 'RSA2, RSA' : 'RSA2'],
              [
                t('setup.platformkey'),
                <span key="p" className="apps-stack">
                  <span className="desk-inline">
                    <CopyButton text={bare(app.platform_public_key)}>{t('setup.oneline')}</CopyButton>
                    <CopyButton text={app.platform_public_key}>{t('setup.pem')}</CopyButton>
                    <SaveButton file="alipayPublicKey_RSA2.pem" text={app.platform_public_key}>
                      {t('setup.download')}
                    </SaveButton>
                  </span>
                  <small className="tb-soft">{t('setup.platformkey.says')}</small>
                </span>,
              ],
            ]}
          />
        </Card>
        <Card title={t('setup.appkey')}>
          <p>{t(app.public_key ? 'setup.appkey.there' : 'setup.appkey.none')}</p>
          {app.public_key && <code className="desk-mono desk-clip">{bare(app.public_key)}</code>}
          {may && (
            <div className="desk-inline apps-acts">
              <Button type={app.public_key ? 'default' : 'primary'} onClick={() => setDoing('make')}>
                {t(app.public_key ? 'setup.newkeys' : 'setup.makekeys')}
              </Button>
              <Button onClick={() => setDoing('upload')}>{t('setup.upload')}</Button>
            </div>
          )}
        </Card>
        <Card title={t('setup.cert')}>
          <p className="tb-soft">{t('setup.cert.says')}</p>
          <Facts
            items={[
              [t('setup.cert.sn'), app.certificate_serial_no ? <CopyId key="s" id={app.certificate_serial_no} what="app_cert_sn" show={40} /> : <span className="tb-soft">{t('setup.cert.none')}</span>],
              ...(app.certificate ? [[t('setup.cert.app'), <SaveButton key="a" file="appCertPublicKey.crt" text={app.certificate}>appCertPublicKey.crt</SaveButton>] as [string, React.ReactNode]] : []),
              [
                t('setup.cert.platform'),
                <SaveButton key="p" file="alipayCertPublicKey_RSA2.crt" text={app.platform_certificate}>
                  alipayCertPublicKey_RSA2.crt
                </SaveButton>,
              ],
              [
                t('setup.cert.root'),
                <SaveButton key="r" file="alipayRootCert.crt" text={app.root_certificate}>
                  alipayRootCert.crt
                </SaveButton>,
              ],
            ]}
          />
          {may && (
            <div className="desk-inline apps-acts">
              <Button disabled={!app.public_key} title={app.public_key ? undefined : t('setup.cert.needskey')} onClick={() => setDoing('issue')}>
                {t('setup.cert.issue')}
              </Button>
              <Button onClick={() => setDoing('certificate')}>{t('setup.cert.upload')}</Button>
            </div>
          )}
        </Card>
        <Card title={t('setup.aes')}>
          <p className="tb-soft">{t('setup.aes.says')}</p>
          {may && <Button onClick={() => setDoing('aes')}>{t('setup.aes.reset')}</Button>}
          <h3 className="apps-classic">{t('setup.md5')}</h3>
          <p className="tb-soft">{t('setup.md5.says')}</p>
          <Facts
            items={[
              ['partner', <CopyId key="p" id={app.partner} what="partner" />],
              [t('setup.md5.key'), t(app.has_md5_key ? 'setup.md5.there' : 'setup.md5.none')],
            ]}
          />
          {may && (
            <div className="apps-acts">
              <Button onClick={() => setDoing('md5')}>{t('setup.md5.make')}</Button>
            </div>
          )}
        </Card>
      </div>
      <Options app={app} may={may} onDone={(now) => said(now, t('setup.saved'))} />
      {may && (
        <div className="desk-inline">
          {app.disabled_at ? (
            <Button loading={turn.isPending} onClick={() => turn.run(false)}>
              {t('setup.enable')}
            </Button>
          ) : (
            <Button danger onClick={() => setDoing('disable')}>
              {t('setup.disable')}
            </Button>
          )}
        </div>
      )}
      {doing === 'make' && <MakeKeys app={app} onClose={() => setDoing(undefined)} onDone={(now) => said(now, t('setup.registered'))} onUpload={() => setDoing('upload')} />}
      {doing === 'upload' && <Upload what="public_key" app={app} onClose={() => setDoing(undefined)} onDone={(now) => said(now, t('setup.saved'))} />}
      {doing === 'certificate' && <Upload what="certificate" app={app} onClose={() => setDoing(undefined)} onDone={(now) => said(now, t('setup.saved'))} />}
      <ActDialog open={doing === 'issue'} onClose={() => setDoing(undefined)} title={t('setup.cert.issue')} says={t('setup.cert.issue.says')} ok={t('setup.cert.issue')} act={issue} money={false} onSubmit={() => issue.run(undefined)} />
      <ActDialog open={doing === 'aes'} onClose={() => setDoing(undefined)} title={t('setup.aes.reset')} says={t('setup.aes.reset.says')} ok={t('setup.aes.reset')} danger act={reset} money={false} onSubmit={() => reset.run(undefined)} />
      <ActDialog open={doing === 'md5'} onClose={() => setDoing(undefined)} title={t('setup.md5.make')} says={t('setup.md5.make.says')} ok={t('setup.md5.make')} danger={app.has_md5_key} act={md5} money={false} onSubmit={() => md5.run(undefined)} />
      <ActDialog open={doing === 'disable'} onClose={() => setDoing(undefined)} title={t('setup.disable')} says={t('setup.disable.says')} ok={t('setup.disable')} danger act={turn} money={false} onSubmit={() => turn.run(true)} />
      <SecretOnce
        secret={secret?.text}
        title={secret?.title ?? ''}
        onClose={() => {
          setSecret(undefined)
          history.replaceState({ ...(history.state as object), usr: null }, '') // so that going back does not show it again
        }}
      />
    </>
  )
}

// MakeKeys makes a pair, hands the private key over, and only then registers the
// public one: nobody ends up with a key that they have lost.
function MakeKeys({ app, onClose, onDone, onUpload }: { app: Application; onClose: () => void; onDone: (now: Application) => void; onUpload: () => void }) {
  const t = useAppT()
  const [pair, setPair] = useState<KeyPair>()
  const [kept, setKept] = useState(false)
  const [wrong, setWrong] = useState(false)
  const can = canMakeKeys()
  useEffect(() => {
    if (can) void makeKeys().then(setPair)
  }, [can])
  const act = useAct('register key', (public_key: string) => changeApp(app.id, { public_key }), { onSuccess: onDone })
  return (
    <ActDialog
      open
      width={560}
      onClose={onClose}
      title={t('setup.makekeys')}
      says={can ? t('setup.makekeys.says') : t('setup.insecure')}
      ok={can ? t('setup.register') : t('setup.upload')}
      act={act}
      money={false}
      onSubmit={() => {
        if (!can) return onUpload()
        setWrong(!kept)
        if (pair && kept) act.run(pair.publicPem)
      }}
    >
      {!can && (
        <pre className="desk-code" tabIndex={0} aria-label="openssl">
          {'openssl genrsa -traditional -out app_private_key.pem 2048\nopenssl rsa -in app_private_key.pem -pubout -out app_public_key.pem'}
        </pre>
      )}
      {can && !pair && (
        <p role="status" className="desk-inline">
          <Spin size="small" /> {t('setup.making')}
        </p>
      )}
      {pair && (
        <>
          <h3>{t('setup.private')}</h3>
          <p className="tb-soft">{t('setup.private.says')}</p>
          <ul className="apps-forms">
            {(
              [
                ['setup.form.1', pair.pkcs1, 'app_private_key_pkcs1.pem'],
                ['setup.form.8', pair.pkcs8, 'app_private_key_pkcs8.pem'],
              ] as const
            ).map(([label, text, file]) => (
              <li key={label}>
                <span>{t(label)}</span>
                <span className="desk-inline">
                  <SaveButton file={file} text={text}>
                    {t('setup.download')}
                  </SaveButton>
                  <CopyButton text={text} name={`${t('setup.copy')}: ${t(label)}`}>
                    {t('setup.copy')}
                  </CopyButton>
                </span>
              </li>
            ))}
          </ul>
          <Checkbox checked={kept} onChange={(e) => setKept(e.target.checked)}>
            {t('setup.kept')}
          </Checkbox>
          {wrong && !kept && (
            <p className="tb-bad" role="alert">
              {t('setup.keepfirst')}
            </p>
          )}
        </>
      )}
    </ActDialog>
  )
}

function Upload({ what, app, onClose, onDone }: { what: 'public_key' | 'certificate'; app: Application; onClose: () => void; onDone: (now: Application) => void }) {
  const t = useAppT()
  const [text, setText] = useState('')
  const [wrong, setWrong] = useState(false)
  const file = useRef<HTMLInputElement>(null)
  const cert = what === 'certificate'
  const secret = /PRIVATE KEY/.test(text)
  const act = useAct(`upload ${what}`, (value: string) => changeApp(app.id, { [what]: value }), { onSuccess: onDone })
  const error = secret ? t('setup.isprivate') : wrong && !text.trim() ? t('form.required') : undefined
  return (
    <ActDialog
      open
      width={560}
      onClose={onClose}
      title={t(cert ? 'setup.cert.upload' : 'setup.upload')}
      says={t(cert ? 'setup.cert.upload.says' : 'setup.upload.says')}
      ok={t(cert ? 'setup.cert.upload' : 'setup.upload')}
      act={act}
      money={false}
      onSubmit={() => {
        setWrong(true)
        if (text.trim() && !secret) act.run(text.trim())
      }}
    >
      <Field label={t(cert ? 'setup.cert.text' : 'setup.publickey')} error={error}>
        <Input.TextArea autoFocus rows={8} className="desk-mono" spellCheck={false} value={text} onChange={(e) => setText(e.target.value)} />
      </Field>
      {cert && (
        <>
          <input
            ref={file}
            type="file"
            hidden
            accept=".crt,.pem,.cer"
            aria-label={t('setup.cert.file')}
            onChange={(e) => {
              const chosen = e.target.files?.[0]
              if (chosen) void chosen.arrayBuffer().then((bytes) => setText(readText(bytes)))
            }}
          />
          <Button size="small" onClick={() => file.current?.click()}>
            {t('setup.cert.file')}
          </Button>
        </>
      )}
    </ActDialog>
  )
}

const states = ['WAIT_BUYER_PAY', 'TRADE_CLOSED', 'TRADE_FINISHED'] as const

function Options({ app, may, onDone }: { app: Application; may: boolean; onDone: (now: Application) => void }) {
  const t = useAppT()
  const [name, setName] = useState(app.name)
  const [callback, setCallback] = useState(app.callback_url)
  const [message, setMessage] = useState(app.message_url)
  const [tells, setTells] = useState(app.tells)
  const [methods, setMethods] = useState(app.methods)
  const [sha1, setSha1] = useState(app.sha1)
  const [wrong, setWrong] = useState(false)
  const act = useAct('change app', (change: AppChange) => changeApp(app.id, change), { onSuccess: onDone })
  const good = (url: string) => !url.trim() || /^https?:\/\/\S+$/.test(url.trim())
  return (
    <Card title={t('setup.addresses')} className="apps-options">
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          setWrong(true)
          if (name.trim() && good(callback) && good(message)) act.run({ name: name.trim(), callback_url: callback.trim(), message_url: message.trim(), tells, methods, sha1 })
        }}
      >
        <div className="desk-row-2">
          <Field label={t('apps.name')} error={wrong && !name.trim() ? t('form.required') : undefined}>
            <Input disabled={!may} maxLength={60} value={name} onChange={(e) => setName(e.target.value)} />
          </Field>
          <Field label={t('setup.callback')} hint={t('setup.callback.hint')} error={wrong && !good(callback) ? t('setup.url.bad') : undefined}>
            <Input disabled={!may} inputMode="url" spellCheck={false} maxLength={512} value={callback} onChange={(e) => setCallback(e.target.value)} />
          </Field>
          <Field label={t('setup.message')} hint={t('setup.message.hint')} error={wrong && !good(message) ? t('setup.url.bad') : undefined}>
            <Input disabled={!may} inputMode="url" spellCheck={false} maxLength={512} value={message} onChange={(e) => setMessage(e.target.value)} />
          </Field>
          <Field label={t('setup.tells')} hint={t('setup.tells.hint')}>
            <Select disabled={!may} mode="multiple" allowClear value={tells} onChange={setTells} options={states.map((value) => ({ value: value as string, label: `${t(`status.${value}`)} ${value}` }))} />
          </Field>
          <Field label={t('setup.methods')} hint={t('setup.methods.hint')}>
            <Select disabled={!may} mode="tags" allowClear tokenSeparators={[',', ' ', '，']} value={methods} onChange={setMethods} open={false} suffixIcon={null} />
          </Field>
          <div className="apps-check">
            <Checkbox disabled={!may} checked={sha1} onChange={(e) => setSha1(e.target.checked)}>
              {t('setup.sha1')}
            </Checkbox>
          </div>
        </div>
        {act.error && <Refused problem={act.error} money={false} />}
        {may && (
          <Button type="primary" htmlType="submit" loading={act.isPending}>
            {t('act.save')}
          </Button>
        )}
      </form>
    </Card>
  )
}
