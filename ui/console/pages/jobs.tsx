import { Countdown, EmptyState, Load, useAct, useTitle, When } from '@shared'
import { Badge, Head, Refused, Rows } from '@shared/desks'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { App, Button, Segmented } from 'antd'
import { Link, useSearchParams } from 'react-router'
import { listJobs, runJob, type Job } from '../api/console'
import { useT } from '../i18n'
import { aboutPath } from '../parts/links'
import { OnlyLooking, useOperator } from '../parts/role'

const states = ['all', 'failed', 'running', 'waiting'] as const

export default function Jobs() {
  const t = useT()
  useTitle(t('nav.jobs'))
  const client = useQueryClient()
  const { message } = App.useApp()
  const { mayRun } = useOperator()
  const [params, setParams] = useSearchParams()
  const state = params.get('state') ?? 'all'
  const query = useQuery({ queryKey: ['jobs', state], queryFn: () => listJobs(state === 'all' ? undefined : state), refetchInterval: 5000 })
  const run = useAct('run job', (id: string) => runJob(id), {
    onSuccess: () => void message.success(t('jobs.ran')),
    onSettled: () => void client.invalidateQueries({ queryKey: ['jobs'] }),
  })
  return (
    <>
      <Head title={t('nav.jobs')} sub={t('jobs.says')} />
      <section className="tb-card desk-card">
        <div className="desk-filters">
          <Segmented
            aria-label={t('col.status')}
            value={state}
            onChange={(value) => setParams(value === 'all' ? {} : { state: String(value) }, { replace: true })}
            options={states.map((s) => ({ value: s, label: s === 'all' ? t('filter.all') : t(`job.${s}`) }))}
          />
        </div>
        {!mayRun && <OnlyLooking to="run" />}
        {run.error && <Refused problem={run.error} />}
        <Load query={query} empty={{ when: (list) => !list.length, show: <EmptyState>{t(state === 'failed' ? 'jobs.empty.failed' : 'jobs.empty')}</EmptyState> }}>
          {(list) => (
            <Rows<Job>
              label={t('nav.jobs')}
              rows={list}
              rowKey={(j) => j.id}
              width={980}
              columns={[
                {
                  title: t('jobs.job'),
                  key: 'job',
                  width: 320,
                  render: (_, j) => (
                    <span className="desk-cell-2">
                      <span>{t.maybe(`jobkind.${j.kind}`) ?? j.kind}</span>
                      <small className="desk-mono">{aboutPath(j.about) ? <Link to={aboutPath(j.about)!}>{j.about}</Link> : j.about}</small>
                    </span>
                  ),
                },
                { title: t('col.status'), key: 'state', width: 110, render: (_, j) => <Badge state={j.state}>{t(`job.${j.state}`)}</Badge> },
                {
                  title: t('jobs.due'),
                  key: 'due',
                  width: 180,
                  render: (_, j) => (
                    <span className="desk-cell-2">
                      <Countdown until={j.due_at} label={(left) => t('jobs.in', { left })} over={t('jobs.isdue')} />
                      <small>
                        <When at={j.due_at} />
                      </small>
                    </span>
                  ),
                },
                {
                  title: t('jobs.faults'),
                  key: 'faults',
                  width: 260,
                  render: (_, j) =>
                    j.last_error ? (
                      <span className="desk-cell-2">
                        <span className="tb-bad">{j.last_error}</span>
                        <small>
                          {t('jobs.attempts', { n: j.attempts })} {j.next_try_at && <Countdown until={j.next_try_at} label={(left) => t('jobs.again', { left })} over={t('jobs.againnow')} />}
                        </small>
                      </span>
                    ) : (
                      <span className="tb-soft">–</span>
                    ),
                },
                ...(mayRun
                  ? [
                      {
                        title: <span className="tb-sr">{t('jobs.acts')}</span>,
                        key: 'acts',
                        width: 110,
                        align: 'right' as const,
                        render: (_: unknown, j: Job) => (
                          <Button size="small" loading={run.isPending && run.variables === j.id} disabled={run.isPending || j.state === 'running'} onClick={() => run.run(j.id)}>
                            {t('jobs.run')}
                          </Button>
                        ),
                      },
                    ]
                  : []),
              ]}
            />
          )}
        </Load>
      </section>
    </>
  )
}
