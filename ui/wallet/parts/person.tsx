import type { PartyRef, Payee } from '../api/wallet'

/** Face is a person's first letter in a circle. */
export function Face({ name }: { name: string }) {
  return (
    <span className="w-face" aria-hidden="true">
      {[...name][0] ?? '·'}
    </span>
  )
}

/** payeeOf makes one kind of payee of a scanned person. */
export function payeeOf(ref: PartyRef): Payee {
  return { user_id: ref.id, nickname: ref.nickname, name_masked: ref.name_masked }
}
