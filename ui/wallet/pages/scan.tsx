// Scanning: the camera, or a picture from a file. What a code means, the server says.
import { useMutation } from '@tanstack/react-query'
import { useCallback, useEffect, useRef, useState } from 'react'
import { useNavigate } from 'react-router'
import { resolveCode } from '../api/wallet'
import { useT } from '../i18n'
import { Notice, Page, Said } from '../parts/ui'

type Camera = 'asking' | 'on' | 'denied' | 'none'

export default function ScanPage() {
  const t = useT()
  const navigate = useNavigate()
  const video = useRef<HTMLVideoElement>(null)
  const [camera, setCamera] = useState<Camera>('asking')
  const [unread, setUnread] = useState(false)
  const seen = useRef('')

  const resolve = useMutation({
    mutationFn: resolveCode,
    onSuccess: (code, text) => {
      if (code.payment_id) void navigate(`/cashier/${code.payment_id}`, { replace: true })
      else if (code.merchant) void navigate(`/collect/${code.merchant.id}`, { replace: true })
      else void navigate(`/transfer?code=${encodeURIComponent(text.split('/q/u/')[1] ?? '')}`, { replace: true })
    },
  })
  const { mutate, isPending } = resolve
  const found = useCallback(
    (text: string) => {
      if (text === seen.current) return // the same code is still before the camera
      seen.current = text
      navigator.vibrate?.(40)
      mutate(text)
    },
    [mutate],
  )

  useEffect(() => {
    let stream: MediaStream | undefined
    let stopped = false
    let frame: ReturnType<typeof setTimeout>
    const start = async () => {
      if (!navigator.mediaDevices?.getUserMedia) return setCamera('none') // a page over plain http, or no camera at all
      try {
        stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' }, audio: false })
      } catch (caught) {
        if (!stopped) setCamera(caught instanceof DOMException && caught.name === 'NotAllowedError' ? 'denied' : 'none')
        return
      }
      if (stopped || !video.current) return stream.getTracks().forEach((track) => track.stop())
      video.current.srcObject = stream
      await video.current.play().catch(() => undefined)
      setCamera('on')
      const { pixelsOf, readQR } = await import('../parts/decode')
      const look = () => {
        if (stopped) return
        const v = video.current
        const pixels = v && v.readyState >= 2 ? pixelsOf(v, v.videoWidth, v.videoHeight, 720) : undefined
        const text = pixels && readQR(pixels)
        if (text) found(text)
        frame = setTimeout(look, 120)
      }
      look()
    }
    void start()
    return () => {
      stopped = true
      clearTimeout(frame)
      stream?.getTracks().forEach((track) => track.stop())
    }
  }, [found])

  const fromFile = async (file: File | undefined) => {
    if (!file) return
    setUnread(false)
    seen.current = ''
    const { pixelsOf, readQR } = await import('../parts/decode')
    const picture = await createImageBitmap(file).catch(() => undefined)
    let text: string | undefined
    for (const most of [1000, 2000, 500]) {
      const pixels = picture && pixelsOf(picture, picture.width, picture.height, most)
      text = pixels && readQR(pixels, 1500)
      if (text) break
    }
    if (text) found(text)
    else setUnread(true)
  }

  return (
    <Page title={t('scan.title')} className="w-scan">
      <div className="w-view">
        <video ref={video} muted playsInline aria-label={t('scan.view')} hidden={camera !== 'on'} />
        {camera === 'on' && <span className="w-view-frame" aria-hidden="true" />}
        {camera === 'asking' && <p role="status">{t('scan.asking')}</p>}
        {camera === 'denied' && <p role="status">{t('scan.denied')}</p>}
        {camera === 'none' && <p role="status">{t('scan.nocamera')}</p>}
      </div>
      <p className="tb-soft w-center">{isPending ? t('scan.looking') : t('scan.says')}</p>
      {unread && <Notice tone="warn">{t('scan.unread')}</Notice>}
      <Said error={resolve.error} />
      <label className="w-button w-button-primary w-wide w-file">
        <input
          type="file"
          accept="image/*"
          onChange={(event) => {
            void fromFile(event.target.files?.[0])
            event.target.value = ''
          }}
        />
        {t('scan.file')}
      </label>
    </Page>
  )
}
