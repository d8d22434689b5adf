import { EmptyState, Load, useAct, useTitle, When } from '@shared'
import { ActDialog, Card, Field, Head, Refused, Rows, useSession } from '@shared/desks'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { App, Button, Input, Select } from 'antd'
import { useState } from 'react'
import { addMember, changeMember, listTeam, removeMember, type Member } from '../api/merchant'
import { useT } from '../i18n'
import { may, rights, staffRoles, useMay, type Right } from '../parts/may'

export default function Team() {
  const t = useT()
  useTitle(t('nav.team'))
  const allowed = useMay()('manage team')
  const query = useQuery({ queryKey: ['team'], queryFn: listTeam, enabled: allowed })
  const [adding, setAdding] = useState(false)
  const [leaving, setLeaving] = useState<Member>()
  const client = useQueryClient()
  const { message } = App.useApp()
  const me = useSession().data?.staff
  const again = () => void client.invalidateQueries({ queryKey: ['team'] })
  const change = useAct('role', ({ id, role }: { id: string; role: string }) => changeMember(id, { role }), {
    onSuccess: (m) => {
      again()
      void message.success(t('team.changed', { name: m.name, role: t.maybe(`role.${m.role}`) ?? m.role }))
    },
  })
  const remove = useAct('remove', (id: string) => removeMember(id), {
    onSuccess: () => {
      again()
      void message.success(t('team.removed'))
      setLeaving(undefined)
    },
  })
  const options = staffRoles.map((role) => ({ value: role as string, label: t(`role.${role}`) }))
  return (
    <>
      <Head title={t('nav.team')} sub={t('team.says')}>
        {allowed && (
          <Button type="primary" onClick={() => setAdding(true)}>
            {t('team.add')}
          </Button>
        )}
      </Head>
      {allowed && (
        <Card>
          {change.error && <Refused problem={change.error} money={false} />}
          <Load query={query} empty={{ when: (list) => !list.length, show: <EmptyState>{t('team.empty')}</EmptyState> }}>
            {(list) => (
              <Rows<Member>
                label={t('nav.team')}
                rows={list}
                rowKey={(m) => m.id}
                width={700}
                columns={[
                  {
                    title: t('col.name'),
                    key: 'name',
                    width: 200,
                    render: (_, m) => (
                      <span className="desk-strong">
                        {m.name} {m.id === me?.id && <small className="tb-soft">{t('team.you')}</small>}
                      </span>
                    ),
                  },
                  { title: t('team.login'), dataIndex: 'login', width: 220 },
                  {
                    title: t('col.role'),
                    key: 'role',
                    width: 160,
                    render: (_, m) =>
                      m.id === me?.id ? (
                        t.maybe(`role.${m.role}`)
                      ) : (
                        <Select
                          aria-label={t('team.roleof', { name: m.name })}
                          value={m.role}
                          options={options}
                          disabled={change.isPending}
                          onChange={(role) => change.run({ id: m.id, role })}
                          className="team-role"
                        />
                      ),
                  },
                  { title: t('team.since'), key: 'since', width: 150, render: (_, m) => (m.created_at ? <When at={m.created_at} /> : '–') },
                  {
                    title: <span className="tb-sr">{t('team.acts')}</span>,
                    key: 'acts',
                    align: 'right',
                    width: 110,
                    render: (_, m) =>
                      m.id !== me?.id && (
                        <Button size="small" danger aria-label={t('team.remove.name', { name: m.name })} onClick={() => setLeaving(m)}>
                          {t('team.remove')}
                        </Button>
                      ),
                  },
                ]}
              />
            )}
          </Load>
        </Card>
      )}
      <Card title={t('team.rights')}>
        <div className="tb-scroll" tabIndex={0} role="region" aria-label={t('team.rights')}>
          <table className="tb-table">
            <thead>
              <tr>
                <th scope="col">{t('team.act')}</th>
                {staffRoles.map((role) => (
                  <th key={role} scope="col">
                    {t(`role.${role}`)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {(Object.keys(rights) as Right[]).map((right) => (
                <tr key={right}>
                  <th scope="row">{t(`right.${right}`)}</th>
                  {staffRoles.map((role) => (
                    <td key={role}>
                      <span aria-hidden="true" className={may(role, right) ? 'bulk-ok' : 'tb-soft'}>
                        {may(role, right) ? '✓' : '–'}
                      </span>
                      <span className="tb-sr">{t(may(role, right) ? 'team.yes' : 'team.no')}</span>
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Card>
      <AddMember open={adding} onClose={() => setAdding(false)} options={options} onDone={again} />
      <ActDialog
        open={!!leaving}
        onClose={() => setLeaving(undefined)}
        title={t('team.remove')}
        says={t('team.remove.says', { name: leaving?.name ?? '' })}
        ok={t('team.remove')}
        danger
        act={remove}
        money={false}
        onSubmit={() => leaving && remove.run(leaving.id)}
      />
    </>
  )
}

function AddMember({ open, onClose, options, onDone }: { open: boolean; onClose: () => void; options: { value: string; label: string }[]; onDone: () => void }) {
  const t = useT()
  const { message } = App.useApp()
  const blank = { login: '', name: '', role: 'cashier', password: '' }
  const [given, setGiven] = useState(blank)
  const [wrong, setWrong] = useState(false)
  const act = useAct('add member', (input: typeof blank) => addMember(input), {
    onSuccess: (m) => {
      void message.success(t('team.added', { name: m.name }))
      setGiven(blank)
      onDone()
      onClose()
    },
  })
  const text = (field: 'login' | 'name' | 'password') => ({ value: given[field], onChange: (e: { target: { value: string } }) => setGiven({ ...given, [field]: e.target.value }) })
  return (
    <ActDialog
      open={open}
      onClose={onClose}
      title={t('team.add')}
      says={t(`team.role.says.${given.role as 'owner' | 'manager' | 'cashier' | 'viewer'}`)}
      ok={t('team.add')}
      act={act}
      money={false}
      onSubmit={() => {
        const lacks = !given.login.trim() || !given.name.trim() || given.password.length < 8
        setWrong(lacks)
        if (!lacks) act.run({ ...given, login: given.login.trim(), name: given.name.trim() })
      }}
    >
      <Field label={t('col.name')} error={wrong && !given.name.trim() ? t('form.required') : undefined}>
        <Input autoFocus maxLength={80} autoComplete="off" {...text('name')} />
      </Field>
      <Field label={t('team.login')} hint={t('team.login.hint')} error={wrong && !given.login.trim() ? t('form.required') : undefined}>
        <Input maxLength={128} autoComplete="off" autoCapitalize="none" spellCheck={false} {...text('login')} />
      </Field>
      <Field label={t('col.role')}>
        <Select value={given.role} options={options} onChange={(role) => setGiven({ ...given, role })} />
      </Field>
      <Field label={t('team.password')} hint={t('settings.password.rule')} error={wrong && given.password.length < 8 ? t('settings.password.rule') : undefined}>
        <Input.Password autoComplete="new-password" {...text('password')} />
      </Field>
    </ActDialog>
  )
}
