// patient asks again, under the same key, when an act's answer was lost: the
// server then answers with what it did the first time. So a person sees the
// outcome and not the broken line, and nothing happens twice.
import { Problem } from '@shared'

export function patient<In, Out>(act: (input: In, key: string) => Promise<Out>, waits: number[] = [800, 2500]): (input: In, key: string) => Promise<Out> {
  return async (input, key) => {
    for (const wait of waits) {
      try {
        return await act(input, key)
      } catch (caught) {
        if (!(caught instanceof Problem) || caught.moved !== 'unknown') throw caught
        await new Promise((go) => setTimeout(go, wait))
      }
    }
    return act(input, key)
  }
}
