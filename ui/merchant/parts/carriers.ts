// The carriers that most parcels in China travel with; any other may be typed.
export const carriers = [
  { zh: '顺丰速运', en: 'SF Express' },
  { zh: '中通快递', en: 'ZTO Express' },
  { zh: '圆通速递', en: 'YTO Express' },
  { zh: '韵达快递', en: 'Yunda Express' },
  { zh: '申通快递', en: 'STO Express' },
  { zh: '极兔速递', en: 'J&T Express' },
  { zh: '京东物流', en: 'JD Logistics' },
  { zh: '邮政 EMS', en: 'China Post EMS' },
  { zh: '德邦快递', en: 'Deppon Express' },
]
