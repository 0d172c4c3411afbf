/** docs/openapi.json: the API of the control listener, made from its table of routes. */
import { z } from 'zod'
import { createDocument, type ZodOpenApiOperationObject } from 'zod-openapi'
import packageJson from '../../package.json' with { type: 'json' }
import { problemAnswer } from '../../src/http/answers.ts'
import type { Route } from '../../src/http/route.ts'
import { routes } from '../../src/http/routes.ts'

export function openApi(): ReturnType<typeof createDocument> {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {}
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(route) }
  }
  return createDocument({
    openapi: '3.1.1',
    info: {
      title: 'evenkeel control API',
      version: packageJson.version,
      description:
        'What a running evenkeel tells and may be asked. It listens on 127.0.0.1:9632 unless told otherwise; see docs/api.md.',
      license: { name: packageJson.license, identifier: packageJson.license },
    },
    servers: [{ url: 'http://127.0.0.1:9632' }],
    // Nobody has to say who he is on a loopback address without `server.auth`.
    security: [{ token: [] }, {}],
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    paths,
  })
}

function operation({ method, path, role, status, summary, fields, bare, answer }: Route): ZodOpenApiOperationObject {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!)
  const names = Object.keys(fields.shape)
  const pick = (wanted: string[]) =>
    z.strictObject(Object.fromEntries(wanted.map((name) => [name, fields.shape[name] as z.ZodType])))
  const inQuery = names.filter((name) => !inPath.includes(name))
  return {
    operationId: operationId(method, path),
    summary,
    description: `For ${role === 'viewer' ? 'viewers and operators' : 'operators'}.`,
    ...(method === 'GET'
      ? {
          requestParams: {
            ...(inPath.length > 0 && { path: pick(inPath) }),
            ...(inQuery.length > 0 && { query: pick(inQuery) }),
          },
        }
      : { requestBody: { required: !bare, content: { 'application/json': { schema: fields } } } }),
    responses: {
      [status]: { description: summary, content: { 'application/json': { schema: answer } } },
      default: {
        description: 'Why it is not answered.',
        content: { 'application/problem+json': { schema: problemAnswer } },
      },
    },
  }
}

/** `GET /api/v1/decisions/{id}` → `getDecisionsById`, `POST /-/reload` → `postReload`. */
function operationId(method: string, path: string): string {
  const words = path
    .replace(/^\/(api\/v1|-)\//, '')
    .replace(/\{(\w+)\}/g, 'by-$1')
    .split(/[/-]/)
  return [method.toLowerCase(), ...words]
    .map((word, i) => (i === 0 ? word : word[0]!.toUpperCase() + word.slice(1)))
    .join('')
}
