// The words that every face says. A face adds its own in <face>/i18n.ts.
// One word has one meaning (see the list in docs: escrow trade, hold, refund…).
export const sharedWords = {
  'act.retry': { zh: '重试', en: 'Try again' },
  'act.reload': { zh: '刷新页面', en: 'Reload the page' },
  'act.back': { zh: '返回', en: 'Back' },
  'act.cancel': { zh: '取消', en: 'Cancel' },
  'act.close': { zh: '关闭', en: 'Close' },
  'act.confirm': { zh: '确认', en: 'Confirm' },
  'act.save': { zh: '保存', en: 'Save' },
  'act.copy': { zh: '复制', en: 'Copy' },
  'act.copied': { zh: '已复制', en: 'Copied' },
  'act.more': { zh: '加载更多', en: 'Load more' },
  'act.search': { zh: '搜索', en: 'Search' },
  'act.signin': { zh: '登录', en: 'Sign in' },
  'act.signout': { zh: '退出登录', en: 'Sign out' },

  'copy.label': { zh: '复制{what}', en: 'Copy {what}' },
  'copy.id': { zh: '编号', en: 'the identifier' },

  'state.loading': { zh: '加载中', en: 'Loading' },
  'state.slow': { zh: '比平时慢，请稍候…', en: 'Slower than usual; still waiting…' },
  'state.nomore': { zh: '没有更多了', en: 'That is all' },

  'error.title': { zh: '出了点问题', en: 'Something went wrong' },
  'error.money.no': { zh: '没有发生资金变动。', en: 'No money moved.' },
  'error.money.unknown': {
    zh: '尚不清楚是否已处理。您的资金是安全的；重试会沿用同一笔请求，不会重复扣款。',
    en: 'We do not know yet whether this went through. Your money is safe: trying again repeats the same request and never pays twice.',
  },
  'error.money.none': { zh: '这只是显示问题，您的资金不受影响。', en: 'This is only about showing the page; your money is not affected.' },
  'error.request': { zh: '请求编号', en: 'Request' },
  'error.page': { zh: '页面没能显示', en: 'This page could not be shown' },
  'error.notfound': { zh: '没有这个页面', en: 'There is no such page' },
  'error.notfound.hint': { zh: '链接可能已过期或输入有误。', en: 'The link may be old or mistyped.' },
  'error.home': { zh: '回到首页', en: 'Go to the first page' },

  'lang.label': { zh: '语言', en: 'Language' },
  'mode.label': { zh: '外观', en: 'Appearance' },
  'mode.light': { zh: '浅色', en: 'Light' },
  'mode.dark': { zh: '深色', en: 'Dark' },
  'mode.system': { zh: '跟随系统', en: 'As the system' },

  'money.in': { zh: '收入', en: 'in' },
  'money.out': { zh: '支出', en: 'out' },
  'money.hidden': { zh: '金额已隐藏', en: 'Amount hidden' },
  'name.masked': { zh: '{name}（部分隐藏）', en: '{name} (partly hidden)' },

  'time.left': { zh: '剩余 {left}', en: '{left} left' },
  'time.over': { zh: '已到期', en: 'time is over' },

  'timeline.done': { zh: '已完成', en: 'Done' },
  'timeline.now': { zh: '当前', en: 'Now' },
  'timeline.next': { zh: '之后', en: 'Next' },

  'plot.table': { zh: '以表格查看', en: 'View as table' },
  'plot.plot': { zh: '以图表查看', en: 'View as plot' },

  'pin.title': { zh: '支付密码', en: 'Payment password' },
  'pin.progress': { zh: '已输入 {n} 位，共 6 位', en: '{n} of 6 digits entered' },
  'pin.delete': { zh: '删除一位', en: 'Delete one digit' },
  'pin.busy': { zh: '正在处理…', en: 'Working…' },
  'pin.hint': { zh: '请输入 6 位数字', en: 'Enter 6 digits' },
} as const
