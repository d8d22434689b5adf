import { EmptyState, Load, When } from '@shared'
import { at, get, rows, type Leg } from '@shared/desks'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { getCommand } from '../api/console'
import { useT } from '../i18n'
import { CommandSummary } from './Entries'

/** PaymentBooks are the commands that moved a payment's money, each of which unrolls to its request and its double entry. */
export function PaymentBooks({ id, changed }: { id: string; changed: string }) {
  const t = useT()
  const query = useQuery({ queryKey: ['payment', id, 'moves', changed], queryFn: async () => rows(await get<{ data: Leg[] }>(at`/v1/payments/${id}/entries`)) })
  return (
    <Load query={query} skeleton={{ rows: 3 }} empty={{ when: (list) => !list.length, show: <EmptyState>{t('money.way.none')}</EmptyState> }}>
      {(legs) => (
        <ul className="booked">
          {legs
            .filter((leg, i) => legs.findIndex((l) => l.position === leg.position) === i)
            .map((leg) => (
              <Booked key={leg.position} leg={leg} />
            ))}
        </ul>
      )}
    </Load>
  )
}

function Booked({ leg }: { leg: Leg }) {
  const t = useT()
  const [open, setOpen] = useState(false)
  const query = useQuery({ queryKey: ['command', String(leg.position)], queryFn: () => getCommand(String(leg.position)), staleTime: Infinity, enabled: open })
  return (
    <li>
      <button type="button" className="tb-plain booked-head" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span aria-hidden="true">{open ? '▾' : '▸'}</span> {t.maybe(`command.${leg.command_name}`) ?? leg.command_name} <span className="desk-mono">#{leg.position}</span>
        <When at={leg.at} className="tb-soft" />
      </button>
      {open && (
        <div className="unrolled">
          <Load query={query} skeleton={{ shape: 'text' }}>
            {(c) => <CommandSummary command={c} />}
          </Load>
        </div>
      )}
    </li>
  )
}
