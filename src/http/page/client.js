/**
 * Runs in the browser. Fetches the content again and again and changes what is different, so that focus, scrolling, selections and what is
 * open stay; sends what is asked for in the dialogs. The token is kept for as long as the tab lives.
 */
const EVERY_MS = 3000
const TOKEN = 'evenkeel-token'
const main = document.querySelector('main')
const stale = document.getElementById('stale')
const spoken = document.getElementById('spoken')
let seenAt
let spokenOf
let looks = 0

function headers(more = {}) {
  const token = sessionStorage.getItem(TOKEN)
  return token === null ? more : { ...more, authorization: `Bearer ${token}` }
}

/** An answer, but not the one that was hoped for. */
class Refusal extends Error {}

async function get(path) {
  const response = await fetch(path, { headers: headers(), signal: AbortSignal.timeout(10_000) })
  if (!response.ok && response.status !== 401) throw new Refusal((await response.json()).detail)
  return response
}

async function refresh() {
  looks += 1
  const turn = looks
  const response = await get(`page${location.search}`)
  if (response.status === 401) {
    ask('token')
    return
  }
  const fresh = new DOMParser().parseFromString(await response.text(), 'text/html').body
  // Somebody has asked for something else meanwhile.
  if (turn !== looks) return
  const focused = main.contains(document.activeElement) ? document.activeElement : undefined
  const part = focused?.closest('section, nav')
  become(main, fresh)
  if (focused !== undefined && !focused.isConnected)
    (part?.isConnected ? part : main).querySelector('h1, h2')?.focus({ preventScroll: true })
  seenAt = Date.now()
  stale.hidden = true
  tell()
}

/** Makes the children of one element those of another; of what is the same in both, the nodes stay. */
function become(old, fresh) {
  const wanted = childrenOf(fresh)
  const present = childrenOf(old)
  for (const [name, node] of present) if (!wanted.has(name)) node.remove()
  let next = old.firstChild
  for (const [name, node] of wanted) {
    const same = present.get(name)
    if (same === undefined) old.insertBefore(document.importNode(node, true), next)
    else {
      if (same === next) next = next.nextSibling
      else old.insertBefore(same, next)
      if (!same.isEqualNode(node)) change(same, node)
    }
  }
}

function change(old, fresh) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    old.data = fresh.data
    return
  }
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value)
  for (const name of old.getAttributeNames())
    if (!fresh.hasAttribute(name) && name !== 'open') old.removeAttribute(name)
  become(old, fresh)
}

/** By what they are recognised by: the id or the key, else the kind of node, and the how-manieth of it they are. */
function childrenOf(parent) {
  const counts = new Map()
  return new Map(
    [...parent.childNodes].map((node) => {
      const base = node.id ? `#${node.id}` : node.dataset?.key === undefined ? node.nodeName : `=${node.dataset.key}`
      const index = counts.get(base) ?? 0
      counts.set(base, index + 1)
      return [`${base} ${index}`, node]
    }),
  )
}

/** Read out when something else is going on, not with every figure that has changed. */
function tell() {
  const why = main.querySelector('#why')
  const name = main.querySelector('h1').textContent
  const what = `${name} ${why.dataset.code}`
  if (what !== spokenOf) spoken.textContent = why.textContent
  spokenOf = what
  document.title = `${name}: ${main.querySelector('#now .badge').textContent} – evenkeel`
}

function ask(name, subject) {
  const dialog = document.getElementById(name)
  if (dialog.open) return
  dialog.querySelector('form').reset()
  dialog.querySelector('.error').textContent = ''
  // Another one may be shown when it is sent.
  dialog.dataset.cluster = main.querySelector('h1')?.textContent ?? ''
  const field = dialog.querySelector('[name=subject]')
  if (field !== null) field.value = subject
  for (const shown of dialog.querySelectorAll('.subject')) shown.textContent = subject
  dialog.showModal()
}

/** Why something is as it is, in the words of `evenkeel explain`. */
async function explain(kind, subject) {
  const dialog = document.getElementById('why-dialog')
  const cluster = main.querySelector('h1').textContent
  const answer = dialog.querySelector('.answer')
  dialog.querySelector('h2').textContent = subject === undefined ? cluster : `${kind} ${subject}`
  answer.replaceChildren(element('p', 'Asking …'))
  dialog.showModal()
  try {
    const asked = new URLSearchParams({ cluster, ...(subject !== undefined && { [kind]: subject }) })
    const response = await get(`api/v1/explain?${asked.toString()}`)
    if (response.status === 401) {
      dialog.close()
      ask('token')
      return
    }
    const { summary, sections } = await response.json()
    const parts = sections.flatMap(({ title, lines }) => {
      const list = document.createElement('ul')
      list.append(...lines.map(({ text }) => element('li', text)))
      return [element('h3', title), list]
    })
    answer.replaceChildren(element('p', summary), ...parts)
  } catch (error) {
    answer.replaceChildren(element('p', error.message))
  }
}

function element(name, text) {
  const made = document.createElement(name)
  made.textContent = text
  return made
}

async function send(form) {
  const values = Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ''))
  if (form.dataset.action === undefined) {
    sessionStorage.setItem(TOKEN, values.token)
    return
  }
  const { cluster } = form.closest('dialog').dataset
  const response = await fetch(form.dataset.action, {
    method: 'POST',
    headers: headers({ 'content-type': 'application/json', 'x-evenkeel-client': 'ui' }),
    body: JSON.stringify({ ...values, cluster }),
    signal: AbortSignal.timeout(10_000),
  })
  if (!response.ok) throw new Error((await response.json()).detail)
}

async function look() {
  try {
    await refresh()
  } catch (error) {
    const since = seenAt === undefined ? '' : ` since ${new Date(seenAt).toLocaleTimeString()}`
    const what = error instanceof Refusal ? 'This cannot be shown' : `evenkeel does not answer${since}`
    const text = `${what}: ${error.message}.${seenAt === undefined ? '' : ' What stands below is older.'}`
    if (stale.textContent !== text) stale.textContent = text
    stale.hidden = false
  }
}

document.addEventListener('click', (event) => {
  const button = event.target.closest('button')
  if (button?.dataset.dialog !== undefined) ask(button.dataset.dialog, button.dataset.subject)
  if (button?.dataset.why !== undefined) void explain(button.dataset.why, button.dataset.subject)
  if (button?.dataset.close !== undefined) button.closest('dialog').close()
  // Of this page, in this tab: what stands already need not be painted anew.
  const link = event.target.closest('main a')
  if (link === null || event.ctrlKey || event.metaKey || event.shiftKey) return
  event.preventDefault()
  history.pushState(null, '', link.href)
  void look()
})

window.addEventListener('popstate', () => void look())

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
    if (document.visibilityState === 'visible') await look()
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS))
  }
}

void follow()
