import { setLang, useLang } from '../i18n'
import { modeChoice, setMode, useMode, type ModeChoice } from '../theme'
import { useT } from './words'

/** LanguageSwitch turns to the other language, named in that language. */
export function LanguageSwitch({ className = '' }: { className?: string }) {
  const lang = useLang()
  const other = lang === 'zh' ? 'en' : 'zh'
  return (
    <button type="button" className={`tb-plain ${className}`} lang={other === 'zh' ? 'zh-CN' : 'en'} onClick={() => setLang(other)}>
      {other === 'zh' ? '中文' : 'English'}
    </button>
  )
}

/** ModeSwitch chooses light, dark, or as the system has it. */
export function ModeSwitch({ className = '' }: { className?: string }) {
  const t = useT()
  useMode()
  return (
    <select className={`tb-plain ${className}`} aria-label={t('mode.label')} value={modeChoice()} onChange={(e) => setMode(e.target.value as ModeChoice)}>
      {(['system', 'light', 'dark'] as const).map((choice) => (
        <option key={choice} value={choice}>
          {t(`mode.${choice}`)}
        </option>
      ))}
    </select>
  )
}

/** MaskedName is a payee's name with its hidden part, spoken as such. */
export function MaskedName({ name }: { name: string }) {
  const t = useT()
  return (
    <span className="tb-masked">
      <span aria-hidden="true">{name}</span>
      <span className="tb-sr">{t('name.masked', { name: name.replaceAll('*', '') })}</span>
    </span>
  )
}
