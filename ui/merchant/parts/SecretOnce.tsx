import { CopyId } from '@shared'
import { Button, Modal } from 'antd'
import { useT } from '../i18n'

/** SecretOnce shows a secret the one time that the server tells it. */
export function SecretOnce({ secret, title, onClose }: { secret: string | undefined; title: string; onClose: () => void }) {
  const t = useT()
  return (
    <Modal
      open={!!secret}
      title={title}
      onCancel={onClose}
      mask={{ closable: false }}
      footer={
        <Button type="primary" onClick={onClose}>
          {t('secret.kept')}
        </Button>
      }
    >
      <p className="desk-note">{t('secret.once')}</p>
      <div className="secret">
        <CopyId id={secret ?? ''} what={title} show={200} />
      </div>
    </Modal>
  )
}
