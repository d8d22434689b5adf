import { useEffect, useState } from 'react'
import type { System } from '../api/console'

export interface Sample {
  at: string
  p50: number
  p99: number
}

/** useSamples keeps the latencies that this page has seen, five minutes of them: the server tells only the newest. */
export function useSamples(system: System | undefined): Sample[] {
  const [samples, setSamples] = useState<Sample[]>([])
  useEffect(() => {
    if (!system) return
    setSamples((old) => (old.at(-1)?.at === system.wall ? old : [...old, { at: system.wall, p50: system.p50_ms, p99: system.p99_ms }].slice(-150)))
  }, [system])
  return samples
}
