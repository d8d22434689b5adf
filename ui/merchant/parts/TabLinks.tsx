import { useEffect, useRef } from 'react'
import { Link } from 'react-router'

/** TabLinks are the parts of a page, each at its own address; on a narrow screen the row is pushed sideways. */
export function TabLinks({ label, items }: { label: string; items: { to: string; name: string; now: boolean }[] }) {
  const row = useRef<HTMLElement>(null)
  const now = items.find((item) => item.now)?.to
  useEffect(() => {
    row.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }, [now])
  return (
    <nav ref={row} className="tab-links" aria-label={label}>
      {items.map((item) => (
        <Link key={item.to} to={item.to} aria-current={item.now ? 'page' : undefined}>
          {item.name}
        </Link>
      ))}
    </nav>
  )
}
