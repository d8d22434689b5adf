// Dates are the pickers of days, months and moments, in the person's language
// (the browser's own would speak the browser's). Values are plain texts on the
// business's clock: '2026-11-24', '2026-11', '2026-11-24T14:05'; '' for none.
import { DatePicker } from 'antd'
import dayjs from 'dayjs'
import { businessZone, now } from '../clock'
import { businessDay } from '../time'

interface PickerProps {
  label: string
  value: string
  onChange: (value: string) => void
  min?: string
  max?: string
}

export function DayPicker({ label, value, onChange, min, max }: PickerProps) {
  return (
    <label className="desk-date">
      {label}{' '}
      <DatePicker
        value={value ? dayjs(value) : null}
        onChange={(day) => onChange(day ? day.format('YYYY-MM-DD') : '')}
        disabledDate={(day) => (!!min && day.format('YYYY-MM-DD') < min) || (!!max && day.format('YYYY-MM-DD') > max)}
        defaultPickerValue={dayjs(businessDay(now(), businessZone()))}
      />
    </label>
  )
}

export function MonthPicker({ label, value, onChange, max }: PickerProps) {
  return (
    <label className="desk-date">
      {label}{' '}
      <DatePicker picker="month" allowClear={false} value={value ? dayjs(`${value}-01`) : null} onChange={(month) => month && onChange(month.format('YYYY-MM'))} disabledDate={(day) => !!max && day.format('YYYY-MM') > max} />
    </label>
  )
}

export function MomentPicker({ label, value, onChange, max }: PickerProps) {
  return (
    <label className="desk-date">
      {label}{' '}
      <DatePicker
        showTime={{ format: 'HH:mm' }}
        format="YYYY-MM-DD HH:mm"
        allowClear={false}
        value={value ? dayjs(value) : null}
        onChange={(moment) => moment && onChange(moment.format('YYYY-MM-DDTHH:mm'))}
        disabledDate={(day) => !!max && day.format('YYYY-MM-DD') > max.slice(0, 10)}
      />
    </label>
  )
}
