/**
 * Runs in the browser. Fetches the sections again and again and exchanges those that have changed, so that focus, scrolling and what is
 * open elsewhere stay; sends what is asked for in the dialogs. The token is kept for as long as the tab lives.
 */
const EVERY_MS = 3000
const TOKEN = 'evenkeel-token'
const main = document.querySelector('main')
const stale = document.getElementById('stale')
let seenAt

function headers(more = {}) {
  const token = sessionStorage.getItem(TOKEN)
  return token === null ? more : { ...more, authorization: `Bearer ${token}` }
}

async function refresh() {
  const response = await fetch(`page${location.search}`, { headers: headers(), signal: AbortSignal.timeout(10_000) })
  if (response.status === 401) return ask('token')
  if (!response.ok) throw new Error((await response.json()).detail)
  const fresh = new DOMParser().parseFromString(await response.text(), 'text/html').body
  const focused = document.activeElement
  const place = focused === null || !main.contains(focused) ? undefined : pathOf(focused)
  const scrolled = new Map([...main.querySelectorAll('.wide')].map((box) => [box.ariaLabel, box.scrollLeft]))
  const open = new Set([...main.querySelectorAll('details[open]')].map((one) => one.closest('section').id))
  const before = new Map([...main.children].map((child) => [child.id, child]))
  const next = [...fresh.children].map((child) => {
    for (const one of child.querySelectorAll('details')) one.open = open.has(child.id)
    const old = before.get(child.id)
    return old !== undefined && old.isEqualNode(child) ? old : document.importNode(child, true)
  })
  if (next.some((child, index) => child !== main.children[index]) || next.length !== main.children.length) {
    main.replaceChildren(...next)
    for (const box of main.querySelectorAll('.wide')) box.scrollLeft = scrolled.get(box.ariaLabel) ?? 0
    if (place !== undefined && document.activeElement === document.body)
      elementAt(place)?.focus({ preventScroll: true })
  }
  say(main.querySelector('#why')?.textContent ?? '')
  seenAt = Date.now()
  stale.hidden = true
}

/** Where an element is, by what it is called rather than by what it is: its section is made anew. */
function pathOf(element) {
  const section = element.closest('section, nav')
  const same = [...section.querySelectorAll(element.tagName)]
  return { section: section.id, tag: element.tagName, label: element.ariaLabel, index: same.indexOf(element) }
}

function elementAt({ section, tag, label, index }) {
  const same = [...(document.getElementById(section)?.querySelectorAll(tag) ?? [])]
  return same.find((one) => label !== null && one.ariaLabel === label) ?? same[index]
}

/** Read out once, not at each look. */
function say(sentence) {
  const spoken = document.getElementById('spoken')
  if (spoken.textContent !== sentence) spoken.textContent = sentence
  const name = main.querySelector('h1')?.textContent
  document.title =
    name === undefined ? 'evenkeel' : `${name}: ${main.querySelector('#now .badge').textContent} – evenkeel`
}

function ask(name, subject) {
  const dialog = document.getElementById(name)
  if (dialog.open) return
  dialog.querySelector('form').reset()
  dialog.querySelector('.error').textContent = ''
  const field = dialog.querySelector('[name=subject]')
  if (field !== null) field.value = subject
  for (const shown of dialog.querySelectorAll('.subject')) shown.textContent = subject
  dialog.showModal()
}

async function send(form) {
  const values = Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ''))
  if (form.dataset.action === undefined) {
    sessionStorage.setItem(TOKEN, values.token)
    return
  }
  const cluster = main.querySelector('h1').textContent
  const response = await fetch(form.dataset.action, {
    method: 'POST',
    headers: headers({ 'content-type': 'application/json' }),
    body: JSON.stringify({ ...values, cluster }),
    signal: AbortSignal.timeout(10_000),
  })
  if (!response.ok) throw new Error((await response.json()).detail)
}

document.addEventListener('click', ({ target }) => {
  const button = target.closest('button')
  if (button?.dataset.dialog !== undefined) ask(button.dataset.dialog, button.dataset.subject)
  if (button?.dataset.close !== undefined) button.closest('dialog').close()
})

document.addEventListener('submit', async (event) => {
  event.preventDefault()
  const dialog = event.target.closest('dialog')
  try {
    await send(event.target)
    dialog.close()
    await refresh()
  } catch (error) {
    dialog.querySelector('.error').textContent = error.message
  }
})

async function follow() {
  for (;;) {
    try {
      if (document.visibilityState === 'visible') await refresh()
    } catch (error) {
      const since = seenAt === undefined ? '' : ` since ${new Date(seenAt).toLocaleTimeString()}`
      stale.textContent = `evenkeel does not answer${since}: ${error.message}. What stands below is older.`
      stale.hidden = false
    }
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS))
  }
}

void follow()
