/** docs/api.md: the control listener, its routes from the table that the listener goes by. */
import { z } from 'zod'
import { problemCodes } from '../../src/http/problem.ts'
import { routes } from '../../src/http/routes.ts'
import { code, generated, markdownTable } from './markdown.ts'

export function apiPage(): string {
  const rows = routes.map(({ method, path, role, summary, fields }) => [
    code(`${method} ${path}`),
    role,
    parametersOf(fields),
    summary,
  ])
  return `${generated}# The API

What a running evenkeel tells, and what may be asked of it. Everything that the commands show comes from here.

It listens on \`127.0.0.1:9632\`, or where \`server.control_listen\` says. On a loopback address whoever can reach it may ask everything;
an address that others can reach needs \`server.auth.bearer_token_file\`, a file with a line for each of them:

\`\`\`
viewer   2f6c1c8e0d3b4a7e  board
operator 9b1d5f0c7a2e4c61  ops
\`\`\`

Each sends \`Authorization: Bearer TOKEN\`; the log names the operator who asked for something. A changed file is taken up without a restart.
The commands take \`--url\` and \`--token-file\`, or \`EVENKEEL_URL\` and \`EVENKEEL_TOKEN_FILE\`.

It speaks plain HTTP, so tokens can be read on the way: where others may listen, put a proxy with TLS before it. The proxy has to pass the header
\`Host\` on as it came, else what the status page asks for is refused; with tokens any name in it will do.

Parameters of a GET stand in the address, those of a POST in a JSON body; the bold ones are required. \`cluster\` is needed where there are
several. A POST is idempotent, takes effect at the next tick, which is brought forward, and is answered with 202 and the status once what was
asked for is on disk; but for two of them, which are answered with 200 and what was asked for. [openapi.json](openapi.json) describes all of it for
programs.

- \`POST /api/v1/plan\` takes a sample of its own, between two ticks, and plans as the next tick would with what it knows. Its plan is not carried
  out, its sample counts for nothing that is done later (as in "seen in 2 of 3 samples"), and the tick comes when it would have come, or at the latest
  when that sample ends. In a
  mode that acts the next tick may well come to the same and begin it; not because somebody asked. The answer may take as long as a tick and
  a sample do. Those who ask at once share one.
- \`POST /-/reload\` does what SIGHUP does and evenkeel does by itself soon after the file changes; the body may be left out. Each change tells
  whether it is in force (\`live\`), waits for a new connection to work (\`reconnects\`) or for a restart. A file that is wrong is refused with
  \`config_refused\` and, in \`problems\`, each place in it; what was in force stays so.

${markdownTable(['Route', 'For', 'Parameters', 'What'], rows)}
A refusal is a problem document (RFC 9457) with one sentence in \`detail\` and one of these in \`code\`: ${problemCodes.map(code).join(', ')}.

Pages of other origins are refused, and so are requests that address a loopback listener by another name, as a page could that
resolves its own name to this machine.
`
}

/** The required ones in bold. */
function parametersOf(fields: z.ZodObject): string {
  const { required = [] } = z.toJSONSchema(fields, { io: 'input' })
  return Object.keys(fields.shape)
    .map((name) => (required.includes(name) ? `**${code(name)}**` : code(name)))
    .join(', ')
}
