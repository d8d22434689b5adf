// csv reads and writes the file in which a merchant ships many orders at once:
// what spreadsheet programs save, in Chinese and English, with commas,
// semicolons or tabs.

/** readCSV cuts a text into rows of cells (RFC 4180), skipping empty rows. */
export function readCSV(text: string): string[][] {
  const plain = text.replace(/^\uFEFF/, '')
  const cut = separator(plain)
  const table: string[][] = []
  let row: string[] = []
  let cell = ''
  let quoted = false
  const endCell = () => {
    row.push(cell)
    cell = ''
  }
  const endRow = () => {
    endCell()
    if (row.some((c) => c.trim() !== '')) table.push(row)
    row = []
  }
  for (let i = 0; i < plain.length; i++) {
    const c = plain[i]!
    if (quoted) {
      if (c !== '"') cell += c
      else if (plain[i + 1] === '"') {
        cell += '"'
        i++
      } else quoted = false
    } else if (c === '"' && cell.trim() === '') {
      cell = ''
      quoted = true
    } else if (c === cut) endCell()
    else if (c === '\n' || c === '\r') {
      if (c === '\r' && plain[i + 1] === '\n') i++
      endRow()
    } else cell += c
  }
  if (cell !== '' || row.length) endRow()
  return table
}

// separator is what the first line has most of, outside quotes.
function separator(text: string): string {
  const first = (/^[^\r\n]*/.exec(text)?.[0] ?? '').replace(/"[^"]*"/g, '')
  let best = ','
  for (const candidate of [',', ';', '\t', '，']) if (first.split(candidate).length > first.split(best).length) best = candidate
  return best
}

export interface ShipLine {
  line: number // in the file, the heading included
  payment_id: string
  order_no: string
  carrier: string
  tracking_no: string
  /** Why it can't be sent: a word of the dictionary. */
  wrong?: 'csv.wrong.which' | 'csv.wrong.tracking' | 'csv.wrong.twice' | 'csv.wrong.long'
}

const names: Record<keyof Pick<ShipLine, 'payment_id' | 'order_no' | 'carrier' | 'tracking_no'>, string[]> = {
  payment_id: ['payment_id', 'payment id', 'payment number', 'payment', '交易号'],
  order_no: ['order_no', 'order no', 'order number', 'order', '订单号', '订单编号', '商户订单号'],
  carrier: ['carrier', 'courier', '快递公司', '物流公司', '快递', '承运商'],
  tracking_no: ['tracking_no', 'tracking no', 'tracking number', 'tracking', '运单号', '快递单号', '物流单号'],
}

/**
 * readShipments reads the lines of a shipping file. The first row names the
 * columns, in any order; a file without such a row is refused with undefined.
 */
export function readShipments(text: string): ShipLine[] | undefined {
  const [head, ...body] = readCSV(text)
  if (!head) return undefined
  const titles = head.map((h) => h.trim().toLowerCase())
  const place = (name: keyof typeof names) => titles.findIndex((title) => names[name].includes(title))
  const at = { payment_id: place('payment_id'), order_no: place('order_no'), carrier: place('carrier'), tracking_no: place('tracking_no') }
  if ((at.payment_id < 0 && at.order_no < 0) || at.tracking_no < 0) return undefined

  const seen = new Set<string>()
  return body.map((row, i) => {
    // A spreadsheet keeps long numbers whole when they are written ="…" or with an apostrophe before them.
    const cell = (n: number) => (n < 0 ? '' : (row[n] ?? '').trim().replace(/^="?(.*?)"?$/, '$1').replace(/^'/, '').normalize('NFKC').trim())
    const line: ShipLine = { line: i + 2, payment_id: cell(at.payment_id), order_no: cell(at.order_no), carrier: cell(at.carrier), tracking_no: cell(at.tracking_no) }
    const which = line.payment_id || line.order_no
    if (!which || (line.payment_id && !/^\d{28}$/.test(line.payment_id))) line.wrong = 'csv.wrong.which'
    else if (seen.has(which)) line.wrong = 'csv.wrong.twice'
    else if (!line.tracking_no || !line.carrier) line.wrong = 'csv.wrong.tracking'
    else if (line.tracking_no.length > 64 || line.carrier.length > 64) line.wrong = 'csv.wrong.long'
    if (which) seen.add(which)
    return line
  })
}

/** writeCSV is a file that spreadsheet programs open well: with a byte-order mark, and no cell that they would run as a formula. */
export function writeCSV(table: string[][]): string {
  const cell = (text: string) => {
    if (/^\d{12,}$/.test(text)) return `"=""${text}"""` // or it would be shown as 2.02E+27
    const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
    return /[",\r\n;\t]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
  }
  return '\uFEFF' + table.map((row) => row.map(cell).join(',')).join('\r\n') + '\r\n'
}

/** readText decodes a file: UTF-8, or the GB 18030 that older Chinese spreadsheets save. */
export function readText(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('gb18030').decode(bytes)
  }
}
