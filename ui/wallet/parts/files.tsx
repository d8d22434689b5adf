// files hands in pictures one by one as they are chosen, and shows them.
import { useRef, useState } from 'react'
import { asProblem } from '@shared'
import { uploadFile } from '../api/wallet'
import { useT } from '../i18n'

export interface Picked {
  key: number
  name: string
  url?: string
  id?: string
  error?: string
}

const most = 9
const largest = 5 * 1024 * 1024
let keys = 0

/** useFiles keeps what was chosen; ids are those that have arrived. */
export function useFiles() {
  const [files, setFiles] = useState<Picked[]>([])
  const change = (key: number, more: Partial<Picked>) => setFiles((all) => all.map((f) => (f.key === key ? { ...f, ...more } : f)))
  return {
    files,
    ids: files.flatMap((f) => (f.id ? [f.id] : [])),
    waiting: files.some((f) => !f.id && !f.error),
    remove: (key: number) => setFiles((all) => all.filter((f) => f.key !== key)),
    clear: () => setFiles([]),
    add: (chosen: File[], tooLarge: string) => {
      for (const file of chosen.slice(0, most - files.length)) {
        const key = ++keys
        const url = file.type.startsWith('image/') ? URL.createObjectURL(file) : undefined
        setFiles((all) => [...all, { key, name: file.name, ...(url ? { url } : {}), ...(file.size > largest ? { error: tooLarge } : {}) }])
        if (file.size > largest) continue
        uploadFile(file).then(
          (kept) => change(key, { id: kept.id }),
          (caught: unknown) => change(key, { error: asProblem(caught).text() }),
        )
      }
    },
  }
}

export function FilePicker({ files }: { files: ReturnType<typeof useFiles> }) {
  const t = useT()
  const input = useRef<HTMLInputElement>(null)
  return (
    <div className="w-field">
      <span className="w-field-name" id="pictures">
        {t('files.label')}
      </span>
      <ul className="w-files" aria-labelledby="pictures">
        {files.files.map((f) => (
          <li key={f.key} className={f.error ? 'w-files-bad' : f.id ? '' : 'w-files-busy'}>
            {f.url ? <img src={f.url} alt={f.name} /> : <span className="w-files-name">{f.name}</span>}
            <button type="button" aria-label={t('files.remove', { name: f.name })} onClick={() => files.remove(f.key)}>
              ×
            </button>
            {!f.id && !f.error && <span className="tb-sr">{t('files.busy')}</span>}
          </li>
        ))}
        {files.files.length < most && (
          <li className="w-files-add">
            <label>
              <input
                ref={input}
                type="file"
                accept="image/png,image/jpeg,image/webp,application/pdf"
                multiple
                aria-label={t('files.add')}
                onChange={(event) => {
                  files.add([...(event.target.files ?? [])], t('files.large'))
                  event.target.value = ''
                }}
              />
              <span aria-hidden="true">＋</span>
            </label>
          </li>
        )}
      </ul>
      <div className="tb-soft">{t('files.hint')}</div>
      {files.files
        .filter((f) => f.error)
        .map((f) => (
          <div key={f.key} className="tb-bad" role="alert">
            {f.name}: {f.error}
          </div>
        ))}
    </div>
  )
}
