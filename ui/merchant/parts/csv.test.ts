import { describe, expect, it } from 'vitest'
import { readCSV, readShipments, readText, writeCSV } from './csv'

const id = (n: number) => String(n).padStart(28, '2018111112345678901234567890')

describe('a CSV file', () => {
  it('is cut into cells, with quotes, line ends of all kinds and a byte-order mark', () => {
    expect(readCSV('\uFEFFa,b\r\n"x, y","say ""hi"""\n\n"two\nlines",z')).toEqual([
      ['a', 'b'],
      ['x, y', 'say "hi"'],
      ['two\nlines', 'z'],
    ])
  })
  it('may use semicolons or tabs', () => {
    expect(readCSV('a;b\n1,5;2')).toEqual([['a', 'b'], ['1,5', '2']])
    expect(readCSV('a\tb\n1\t2')).toEqual([['a', 'b'], ['1', '2']])
  })
  it('keeps a last empty cell, and skips rows with nothing in them', () => {
    expect(readCSV('a,b\n1,\n,\n  ,\n')).toEqual([['a', 'b'], ['1', '']])
  })
})

describe('a shipping file', () => {
  it('names its columns in any order and either language', () => {
    expect(readShipments(`运单号,快递公司,订单号\nSF1,顺丰速运,A-1\n`)).toEqual([{ line: 2, payment_id: '', order_no: 'A-1', carrier: '顺丰速运', tracking_no: 'SF1' }])
    expect(readShipments(`Payment_ID,Carrier,Tracking_No\n${id(1)},SF Express,SF2\n`)?.[0]).toMatchObject({ payment_id: id(1), tracking_no: 'SF2' })
  })
  it('is refused without a heading that says which order and which number', () => {
    expect(readShipments('')).toBeUndefined()
    expect(readShipments('A-1,SF,SF1')).toBeUndefined()
    expect(readShipments('order_no,carrier\nA-1,SF')).toBeUndefined()
  })
  it('says of each line what is wrong', () => {
    const lines = readShipments(`order_no,carrier,tracking_no\nA-1,SF,SF1\n,SF,SF2\nA-3,SF,\nA-1,SF,SF4\nA-5,,SF5\nA-6,SF,${'9'.repeat(65)}`)
    expect(lines?.map((l) => l.wrong)).toEqual([undefined, 'csv.wrong.which', 'csv.wrong.tracking', 'csv.wrong.twice', 'csv.wrong.tracking', 'csv.wrong.long'])
    expect(lines?.map((l) => l.line)).toEqual([2, 3, 4, 5, 6, 7])
  })
  it('refuses a payment number that a spreadsheet has rounded', () => {
    expect(readShipments('payment_id,carrier,tracking_no\n2.02E+27,SF,SF1')?.[0]?.wrong).toBe('csv.wrong.which')
  })
  it('reads full-width digits', () => {
    expect(readShipments('order_no,carrier,tracking_no\nA-1,顺丰,ＳＦ１２３')?.[0]?.tracking_no).toBe('SF123')
  })
  it('reads back what the template wrote', () => {
    const text = writeCSV([['payment_id', 'order_no', 'carrier', 'tracking_no'], [id(7), 'A, "7"', '顺丰速运', '123456789012345']])
    expect(readShipments(text)).toEqual([{ line: 2, payment_id: id(7), order_no: 'A, "7"', carrier: '顺丰速运', tracking_no: '123456789012345' }])
  })
})

describe('a written file', () => {
  it('holds no formula', () => {
    expect(writeCSV([['=1+1', '@x', '-2', 'ok']])).toBe("\uFEFF'=1+1,'@x,'-2,ok\r\n")
  })
})

describe('the text of a file', () => {
  it('is UTF-8 or GB 18030', () => {
    expect(readText(new TextEncoder().encode('顺丰').buffer as ArrayBuffer)).toBe('顺丰')
    expect(readText(new Uint8Array([0xcb, 0xb3, 0xb7, 0xe1]).buffer)).toBe('顺丰')
  })
})
