// newpin takes a new payment password twice, so that a slip is found before it counts.
import { useState } from 'react'
import { PinPad } from '@shared'
import { useT } from '../i18n'

/** weakPin says no to what is easily guessed, as the server does. */
export function weakPin(pin: string): boolean {
  return /^(\d)\1{5}$/.test(pin) || '01234567890123456789'.includes(pin) || '98765432109876543210'.includes(pin)
}

export function NewPin({ onDone, busy = false, error }: { onDone: (pin: string) => void; busy?: boolean; error?: string | undefined }) {
  const t = useT()
  const [first, setFirst] = useState('')
  const [said, setSaid] = useState<string>()
  return (
    <PinPad
      key={first ? 'again' : 'first'}
      title={first ? t('pin.again') : t('pin.new')}
      busy={busy}
      error={said ?? (first ? undefined : error)}
      onDone={(pin) => {
        setSaid(undefined)
        if (!first) {
          if (weakPin(pin)) return setSaid(t('pin.weak'))
          return setFirst(pin)
        }
        if (pin !== first) {
          setFirst('')
          return setSaid(t('pin.differ'))
        }
        setFirst('')
        onDone(pin)
      }}
    />
  )
}
