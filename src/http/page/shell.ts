/** The page without its content: that is fetched by its script, which may have to send a token that a browser does not send by itself. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type Html, html, trusted } from './html.ts'
import { style } from './style.ts'

const script = readFileSync(new URL('./client.js', import.meta.url), 'utf8')

export const shell: Html = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>evenkeel</title>
<link rel="icon" href="data:,"><style>${trusted(style)}</style></head>
<body><p id="spoken" class="unseen" role="status"></p><p id="stale" role="alert" hidden></p><main></main>
<noscript><p>This page needs JavaScript. <code>evenkeel status</code> tells the same.</p></noscript>
<footer>evenkeel · <a href="api/v1/status">status as JSON</a></footer>
${dialog('pause', 'Pause', '/api/v1/pause', [input('reason', 'Why', true), input('for', 'For how long, such as 2h; empty: until resumed')], html`Nothing more is started; what runs goes on to its end.`)}
${dialog('resume', 'Resume', '/api/v1/resume', [input('reason', 'Why')], html`What is open is acted upon again.`)}
${dialog('cancel', 'Cancel', '/api/v1/cancel', [html`<input type="hidden" name="subject">`, input('reason', 'Why', true)], html`<b class="subject"></b> is taken back and left alone for an hour.`)}
<dialog id="why-dialog" aria-labelledby="why-title"><h2 id="why-title" tabindex="-1" autofocus></h2><div class="answer"></div><p><button type="button" data-close>Back</button></p></dialog>
${dialog('token', 'Token', undefined, [html`<label>A token from <code>server.auth.bearer_token_file</code><input name="token" type="password" autocomplete="off" required></label>`], html`This evenkeel wants to know who asks.`)}
<script type="module">${trusted(script)}</script></body></html>
`

/** Nothing from elsewhere, and of what stands in the page only what we wrote. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src '${hashOf(style)}'`,
  `script-src '${hashOf(script)}'`,
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}

function dialog(id: string, title: string, action: string | undefined, fields: readonly Html[], what: Html): Html {
  return html`<dialog id="${id}" aria-labelledby="${id}-dialog"><form${action !== undefined && html` data-action="${action}"`}><h2 id="${id}-dialog">${title}</h2><p>${what}</p>${fields}
    <p class="error" role="alert"></p><p><button type="submit">${title}</button> <button type="button" data-close>Back</button></p></form></dialog>`
}

function input(name: string, label: string, required = false): Html {
  return html`<label>${label}<input name="${name}" autocomplete="off"${required && html` required`}></label>`
}
