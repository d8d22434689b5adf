/** compare finds where two strings differ: what is the same before and after, and what each has between. */
export function compare(ours: string, theirs: string): { before: string; ours: string; theirs: string; after: string } {
  const a = [...ours]
  const b = [...theirs]
  let head = 0
  while (head < a.length && head < b.length && a[head] === b[head]) head++
  let tail = 0
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++
  return { before: a.slice(0, head).join(''), ours: a.slice(head, a.length - tail).join(''), theirs: b.slice(head, b.length - tail).join(''), after: tail ? a.slice(-tail).join('') : '' }
}
