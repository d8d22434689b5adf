import { businessZone, formatStamp, Load, useTitle, useTokens, ViewAsTable } from '@shared'
import { Card, Facts, Head } from '@shared/desks'
import { Plot } from '@shared/plots'
import { useQuery } from '@tanstack/react-query'
import { getSystem, type System } from '../api/console'
import { useT } from '../i18n'
import { useSamples } from '../parts/samples'

export default function SystemPage() {
  const t = useT()
  useTitle(t('nav.system'))
  const query = useQuery({ queryKey: ['system'], queryFn: getSystem, refetchInterval: 2000 })
  const samples = useSamples(query.data)
  const c = useTokens()
  return (
    <>
      <Head title={t('nav.system')} sub={t('system.says')} />
      <Load query={query} skeleton={{ shape: 'page' }}>
        {(s) => (
          <>
            <div className="desk-grid desk-4 desk-fill">
              <Number label={t('system.rate')} value={s.rate_per_second.toFixed(1)} unit="/s" note={t('system.rate.note')} />
              <Number label={t('system.latency')} value={s.p50_ms.toFixed(1)} unit="ms" note={t('system.p99', { ms: s.p99_ms.toFixed(1) })} />
              <Number label={t('system.batch')} value={s.batch_size.toFixed(1)} note={t('system.batch.note')} />
              <Number label={t('system.head')} value={s.head_position.toLocaleString()} note={t('system.queue', { n: s.queue })} />
            </div>
            <div className="desk-grid desk-2">
              <Card>
                <ViewAsTable
                  title={t('system.plot.rate')}
                  rows={[...s.series].reverse()}
                  rowKey={(x) => x.at}
                  columns={[
                    { title: t('col.time'), cell: (x) => clock(x.at) },
                    { title: t('system.commands'), number: true, cell: (x) => x.commands.toFixed(1) },
                    { title: t('system.requests'), number: true, cell: (x) => x.requests.toFixed(1) },
                  ]}
                >
                  <Plot
                    kind="Line"
                    height={260}
                    animate={false}
                    data={s.series.flatMap((x) => [
                      { at: clock(x.at), n: x.requests, what: t('system.requests') },
                      { at: clock(x.at), n: x.commands, what: t('system.commands') },
                    ])}
                    xField="at"
                    yField="n"
                    colorField="what"
                    scale={{ y: { domainMin: 0, nice: true } }}
                    axis={{ y: { title: false }, x: { title: false, labelAutoRotate: false, labelFilter: (_: unknown, i: number) => i % Math.ceil(s.series.length / 6) === 0 } }}
                    insetRight={64}
                    labels={[{ text: 'what', selector: 'last', style: { textAlign: 'start', dx: 6, dy: (d: { what: string }) => ([t('system.requests')].includes(d.what) ? -9 : 7), textBaseline: 'middle', fontSize: 12, fontWeight: 600, fillOpacity: 1, fill: (d: { what: string }) => ([t('system.requests')].includes(d.what) ? c.primary : c.green) } }]}
                  />
                </ViewAsTable>
              </Card>
              <Card>
                <ViewAsTable
                  title={t('system.plot.latency')}
                  rows={[...samples].reverse()}
                  rowKey={(x) => x.at}
                  columns={[
                    { title: t('col.time'), cell: (x) => clock(x.at) },
                    { title: 'p50', number: true, cell: (x) => `${x.p50.toFixed(1)} ms` },
                    { title: 'p99', number: true, cell: (x) => `${x.p99.toFixed(1)} ms` },
                  ]}
                >
                  <Plot
                    kind="Line"
                    height={260}
                    animate={false}
                    data={samples.flatMap((x) => [
                      { at: clock(x.at), ms: x.p99, what: 'p99' },
                      { at: clock(x.at), ms: x.p50, what: 'p50' },
                    ])}
                    xField="at"
                    yField="ms"
                    colorField="what"
                    point={samples.length === 1 ? { sizeField: 3 } : undefined} // one alone makes no line
                    scale={{ y: { domainMin: 0, nice: true } }}
                    axis={{ y: { title: false, labelFormatter: (v: number) => `${v} ms` }, x: { title: false, labelAutoRotate: false, labelFilter: (_: unknown, i: number) => i % Math.ceil(samples.length / 6) === 0 } }}
                    insetRight={64}
                    labels={[{ text: 'what', selector: 'last', style: { textAlign: 'start', dx: 6, dy: (d: { what: string }) => (d.what === 'p99' ? -9 : samples.length === 1 ? -7 : 7), textBaseline: 'middle', fontSize: 12, fontWeight: 600, fillOpacity: 1, fill: (d: { what: string }) => (['p99'].includes(d.what) ? c.primary : c.green) } }]}
                  />
                </ViewAsTable>
              </Card>
            </div>
            <Card title={t('system.facts')}>
              <Facts items={facts(s, t)} />
            </Card>
          </>
        )}
      </Load>
    </>
  )
}

function Number({ label, value, unit, note }: { label: string; value: string; unit?: string; note: string }) {
  return (
    <div className="tb-card desk-card desk-stat">
      <span className="desk-stat-label">{label}</span>
      <span className="desk-stat-value">
        {value} {unit && <small>{unit}</small>}
      </span>
      <span className="desk-stat-note">{note}</span>
    </div>
  )
}

function clock(at: string): string {
  return formatStamp(at, businessZone()).slice(11, 19)
}

function facts(s: System, t: ReturnType<typeof useT>): [string, string][] {
  const [hours, minutes] = [Math.floor(s.uptime_seconds / 3600), Math.floor((s.uptime_seconds % 3600) / 60)]
  const ahead = Math.round((Date.parse(s.clock) - Date.parse(s.wall)) / 3_600_000)
  return [
    [t('system.uptime'), t('system.uptime.value', { h: hours, min: minutes })],
    [t('system.clock'), `${formatStamp(s.clock, s.time_zone)} (${s.time_zone})${ahead ? ` · ${t('system.ahead', { h: ahead })}` : ''}`],
    [t('system.wall'), formatStamp(s.wall, s.time_zone)],
    [t('system.server'), s.servers.length > 1 ? `${s.server} · ${t('system.servers', { all: s.servers.join(', ') })}` : s.server],
    [t('system.store'), s.store],
    [t('system.lag'), t('system.lag.value', { n: s.jobs_behind, age: s.newest_entry_age_seconds.toFixed(0), at: formatStamp(s.as_of, s.time_zone) })],
    [t('system.version'), `${s.version} · ${s.go}`],
    [t('system.mode'), t(`system.mode.${s.mode}`)],
  ]
}
