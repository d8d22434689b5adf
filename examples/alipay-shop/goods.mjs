// goods are what the shop sells; prices are in fen.
export const goods = [
  { id: 'linen-notebook', price: 4800, name: { zh: '亚麻手账本', en: 'Linen notebook' }, says: { zh: '亚麻布面，192 页，纸张不透墨。', en: 'Linen cover, 192 pages, paper that no ink bleeds through.' } },
  { id: 'ginkgo-bookmark', price: 2600, name: { zh: '银杏黄铜书签', en: 'Brass ginkgo bookmark' }, says: { zh: '手工蚀刻，用久了会有自己的颜色。', en: 'Etched by hand; it gets a colour of its own.' } },
  { id: 'postcards', price: 3200, name: { zh: '木版明信片 · 八张', en: 'Woodblock postcards, set of eight' }, says: { zh: '每张都是手工套印，颜色略有不同。', en: 'Printed by hand, each a little different.' } },
  { id: 'four-seasons', price: 6800, name: { zh: '《山间四季》', en: 'Four Seasons in the Hills' }, says: { zh: '一年里的山，精装，208 页。', en: 'A year in the hills; hardcover, 208 pages.' } },
  { id: 'paper-lantern', price: 12800, name: { zh: '纸灯笼小夜灯', en: 'Paper lantern lamp' }, says: { zh: '手糊皮纸，暖光，USB-C 供电。', en: 'Mulberry paper, warm light, powered by USB-C.' } },
  { id: 'amber-candle', price: 8800, name: { zh: '琥珀香薰烛', en: 'Amber candle' }, says: { zh: '大豆蜡，燃烧约 40 小时。', en: 'Soy wax; burns for some 40 hours.' } },
]
export const good = (id) => goods.find((g) => g.id === id)
