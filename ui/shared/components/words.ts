import { makeT } from '../i18n'

/** useT of the shared components: the shared words alone. */
export const useT = makeT({})
