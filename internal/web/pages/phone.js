// Fetches the page again every two seconds and shows what is new. Without
// script, reload the page.
const texts = document.getElementById('texts')

async function look() {
  if (document.hidden) return
  try {
    const answer = await fetch(location.href, { cache: 'no-store' })
    if (!answer.ok) return
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
    const fresh = page.getElementById('texts')
    if (fresh && fresh.textContent !== texts.textContent) texts.replaceChildren(...fresh.childNodes)
  } catch {
    // The server is away for a moment; the next look will tell.
  }
}

setInterval(look, 2000)
document.addEventListener('visibilitychange', look)
