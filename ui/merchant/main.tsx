import { mount } from '@shared'
import { DeskTheme } from '@shared/desk'
import './merchant.css'
import { routes } from './routes'

mount({ name: 'merchant', routes, theme: DeskTheme })
