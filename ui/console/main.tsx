import { mount } from '@shared'
import { DeskTheme } from '@shared/desk'
import './console.css'
import { routes } from './routes'

mount({ name: 'console', routes, theme: DeskTheme })
