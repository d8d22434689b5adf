import { mount } from '@shared'
import { PhoneTheme } from '@shared/phone'
import './wallet.css'
import { routes } from './routes'

mount({ name: 'wallet', routes, theme: PhoneTheme })
