// links make every object that a page names a way to its page.
import { formatStamp, businessZone } from '@shared'
import { accountName } from '@shared/desks'
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import type { Hit } from '../api/console'
import { useT } from '../i18n'

const to = (folder: string, id: string) => `/${folder}/${encodeURIComponent(id)}`

export const paymentPath = (id: string) => to('payments', id)
export const accountPath = (id: string) => to('accounts', id)
export const commandPath = (id: string | number) => to('commands', String(id))
export const disputePath = (id: string) => to('disputes', id)

/** partyPath tells people and merchants apart by their number, as party.IsMerchant does: merchants' begin with 20888 or 20889. */
export function partyPath(id: string): string {
  return to(/^2088[89]/.test(id) ? 'merchants' : 'people', id)
}

export function AccountLink({ id, children }: { id: string; children?: ReactNode }) {
  const t = useT()
  const owner = id.split(':')[1]
  return (
    <Link to={accountPath(id)} title={id}>
      {children ?? (
        <>
          {accountName(id, t)} {owner && owner !== '0' && <span className="desk-mono tb-soft">{owner}</span>}
        </>
      )}
    </Link>
  )
}

/** Actor is who asked: 'user:2088…', 'merchant:…', 'operator:…', 'job:…'. */
export function Actor({ actor }: { actor: string }) {
  const t = useT()
  const [kind = '', id = ''] = actor.split(/:(.*)/)
  const word = t.maybe(`actor.${kind}`) ?? kind
  const party = /^\d+/.exec(id)?.[0]
  if ((kind === 'user' || kind === 'merchant') && party)
    return (
      <span className="desk-cell-2">
        <Link to={partyPath(party)}>
          {word} <span className="desk-mono">{party}</span>
        </Link>
        {id !== party && <small className="desk-mono">{id.slice(party.length + 1)}</small>}
      </span>
    )
  return (
    <span>
      {word} {id && <span className="desk-mono tb-soft">{id}</span>}
    </span>
  )
}

/** RecordLink names a record that a command wrote. */
export function RecordLink({ kind, id }: { kind: string; id: string }) {
  const t = useT()
  const path = kind === 'trade' ? paymentPath(id) : kind === 'person' || kind === 'merchant' ? partyPath(id) : undefined
  return (
    <span>
      <span className="tb-soft">{t.maybe(`record.${kind}`) ?? kind}</span> {path ? <Link to={path} className="desk-mono">{id}</Link> : <code className="desk-mono">{id}</code>}
    </span>
  )
}

/** aboutPath is where an id leads by its shape: a payment's 28 digits, a dispute's dp_. */
export function aboutPath(id: string): string | undefined {
  if (/^\d{28}$/.test(id)) return paymentPath(id)
  if (/^dp_\d{28}_\d+$/.test(id)) return disputePath(id)
  if (/^2088\d{12}$/.test(id)) return partyPath(id)
  const payment = /\d{28}/.exec(id)?.[0]
  return payment && paymentPath(payment)
}

/** hitPath is the page of what a search found. */
export function hitPath(hit: Hit): string | undefined {
  switch (hit.kind) {
    case 'person':
      return to('people', hit.id)
    case 'merchant':
      return to('merchants', hit.id)
    case 'payment':
      return paymentPath(hit.id)
    case 'account':
      return accountPath(hit.id)
    case 'entry': {
      const [account = '', number = ''] = hit.id.split('#')
      return `${accountPath(account)}?entry=${number}`
    }
    case 'command':
      return commandPath(hit.position ?? hit.id)
    case 'dispute':
      return disputePath(hit.id)
  }
  if (hit.payment_id) return paymentPath(hit.payment_id)
  return hit.position ? commandPath(hit.position) : undefined
}

export function stamp(at: string): string {
  return formatStamp(at, businessZone())
}
