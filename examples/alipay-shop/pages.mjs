// pages are the shop's HTML. Whatever stands in a template is escaped, unless a
// template made it.
import { goods } from './goods.mjs'
import { yuan } from './orders.mjs'

class Safe extends String {}
const escapes = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const text = (v) => (v instanceof Safe ? v : Array.isArray(v) ? v.map(text).join('') : v === undefined || v === false || v === null ? '' : String(v).replace(/[&<>"']/g, (c) => escapes[c]))
export const html = (parts, ...values) => new Safe(parts.reduce((all, part, i) => all + text(values[i - 1]) + part))

const price = (fen) => html`<span class="price"><small>¥</small>${yuan(fen)}</span>`

export function page({ t, lang, here }, title, body) {
  return html`<!doctype html>
<html lang="${lang === 'zh' ? 'zh-CN' : 'en'}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${title} · ${t.name}</title><link rel="stylesheet" href="/look.css"><link rel="icon" href="/pictures/ginkgo-bookmark.svg"></head>
<body>
<header><a class="brand" href="/">${t.name}</a><span class="motto">${t.motto}</span><a class="lang" href="/lang?to=${lang === 'zh' ? 'en' : 'zh'}&amp;back=${encodeURIComponent(here)}" lang="${lang === 'zh' ? 'en' : 'zh-CN'}">${t.other}</a></header>
<main>${body}</main>
<footer><a href="/keeper">${t.keeper}</a></footer>
</body></html>`
}

export const catalogue = (c) =>
  page(
    c,
    c.t.goods,
    html`<h1>${c.t.goods}</h1>
<ul class="goods">${goods.map((g) => html`<li><a href="/goods/${g.id}"><img src="/pictures/${g.id}.svg" alt="" width="320" height="320"><span class="what">${g.name[c.lang]}</span>${price(g.price)}</a></li>`)}</ul>`,
  )

export const oneGood = (c, g, { wrong, form = {} } = {}) =>
  page(
    c,
    g.name[c.lang],
    html`<div class="one"><img src="/pictures/${g.id}.svg" alt="" width="480" height="480"><div>
<h1>${g.name[c.lang]}</h1><p>${g.says[c.lang]}</p><p class="big">${price(g.price)}</p>
${wrong && html`<p class="bad" role="alert">${wrong}</p>`}
<form method="post" action="/orders"><input type="hidden" name="good" value="${g.id}">
<label>${c.t.count}<input name="count" type="number" min="1" max="9" value="${form.count ?? 1}" inputmode="numeric" required></label>
<label>${c.t.who}<input name="who" maxlength="40" autocomplete="name" value="${form.who}" required></label>
<label>${c.t.where}<input name="where" maxlength="120" autocomplete="street-address" placeholder="${c.t.whereSay}" value="${form.where}" required></label>
<button>${c.t.payNow}</button></form></div></div>`,
  )

const stateWords = (t, order) => ({ unpaid: [t.unpaid, t.unpaidSay], paid: [t.paid, t.paidSay], refunded: [t.refunded, t.refundedSay], closed: [t.closed, t.closedSay] })[order.state]
const moment = (at, lang) => html`<time datetime="${at}">${new Date(at).toLocaleString(lang === 'zh' ? 'zh-CN' : 'en-GB', { timeZone: 'Asia/Shanghai', dateStyle: 'medium', timeStyle: 'short' })}</time>`
const facts = (rows) => html`<dl class="facts">${rows.filter(Boolean).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`
const given = (order) => order.refunds.filter((r) => r.state === 'done').reduce((sum, r) => sum + r.amount, 0)
export const leftOf = (order) => order.total - order.refunds.filter((r) => r.state !== 'refused').reduce((sum, r) => sum + r.amount, 0)

export function customerOrder(c, order) {
  const [title, says] = stateWords(c.t, order)
  return page(
    c,
    title,
    html`<section class="card state-${order.state}"><h1>${title}</h1><p>${says}</p><p class="big">${price(order.total)}</p>
${order.state === 'unpaid' && html`<form method="post" action="/orders/${order.id}/pay"><button>${c.t.payNow}</button></form>`}
${facts([[order.name[c.lang], `× ${order.count}`], given(order) > 0 && [c.t.refund, price(given(order))], [c.t.delivery, `${order.who}${c.t.comma}${order.where}`], [c.t.number, html`<code>${order.no}</code>`], [c.t.ordered, moment(order.at, c.lang)]])}
<p><a href="/">${c.t.back}</a></p></section>`,
  )
}

export const notice = (c, title, says) => page(c, title, html`<section class="card"><h1>${title}</h1>${says && html`<p>${says}</p>`}<p><a href="/">${c.t.back}</a></p></section>`)

export const keeperOrders = (c, list, { wrong } = {}) =>
  page(
    c,
    c.t.orders,
    html`<h1>${c.t.orders}</h1>
${list.length === 0 ? html`<p class="card">${c.t.noOrders}</p>` : html`<div class="wide" tabindex="0"><table><thead><tr><th>${c.t.number}</th><th>${c.t.order}</th><th>${c.t.state}</th><th class="num">${c.t.amount}</th><th>${c.t.ordered}</th></tr></thead>
<tbody>${list.map((o) => html`<tr><td><a href="/keeper/orders/${o.id}"><code>${o.no}</code></a></td><td>${o.name[c.lang]} × ${o.count}</td><td>${stateWords(c.t, o)[0]}</td><td class="num">${price(o.total)}</td><td>${moment(o.at, c.lang)}</td></tr>`)}</tbody></table></div>`}
<section class="card"><h2>${c.t.bill}</h2><p>${c.t.billSay}</p>${wrong && html`<p class="bad" role="alert">${wrong}</p>`}
<form class="line" action="/keeper/bill"><label>${c.t.billDay}<input type="date" name="day" required></label><button>${c.t.billGet}</button></form></section>`,
  )

export function keeperOrder(c, order, trade, { wrong } = {}) {
  const left = leftOf(order)
  const states = { done: c.t.refundDone, open: c.t.refundOpen, refused: c.t.refundNo }
  return page(
    c,
    order.no,
    html`<p><a href="/keeper">${c.t.orders}</a></p><h1>${c.t.order} <code>${order.no}</code></h1>
<div class="two"><section class="card"><h2>${stateWords(c.t, order)[0]}</h2>
${facts([[order.name[c.lang], `× ${order.count}`], [c.t.total, price(order.total)], [c.t.delivery, `${order.who}${c.t.comma}${order.where}`], [c.t.ordered, moment(order.at, c.lang)], [c.t.notified, order.notified ? moment(order.notified, c.lang) : c.t.notYet]])}</section>
<section class="card"><h2>${c.t.gateway}</h2>
${facts([[c.t.state, html`<code>${trade.tradeStatus ?? trade.subCode ?? '–'}</code>`], [c.t.tradeNo, html`<code>${trade.tradeNo ?? '–'}</code>`], [c.t.amount, trade.totalAmount ? `¥${trade.totalAmount}` : '–']])}</section></div>
${(order.state === 'paid' || order.refunds.length > 0) && html`<section class="card"><h2>${c.t.refund}</h2>
${order.refunds.length > 0 && html`<ul class="refunds">${order.refunds.map((r) => html`<li><code>${r.no}</code>${price(r.amount)}<span>${states[r.state]}${r.says && ` · ${r.says}`}</span>${r.state === 'open' && html`<form method="post" action="/keeper/orders/${order.id}/refund"><input type="hidden" name="again" value="${r.no}"><button>${c.t.again}</button></form>`}</li>`)}</ul>`}
${wrong && html`<p class="bad" role="alert">${wrong}</p>`}
${left > 0 && order.state === 'paid' && html`<p>${c.t.left} ${price(left)}</p><form class="line" method="post" action="/keeper/orders/${order.id}/refund"><input type="hidden" name="turn" value="${order.refunds.length}"><label>${c.t.refundOf}<input name="amount" inputmode="decimal" value="${yuan(left)}" required></label><label>${c.t.reason}<input name="reason" maxlength="60"></label><button>${c.t.refund}</button></form>`}</section>`}`,
  )
}
