import { defineApi } from './api.ts'

export interface ApiVersionsResponse {
  errorCode: number
  apis: { key: number; min: number; max: number }[]
}

/**
 * What a broker speaks.
 *
 *     request  => nothing
 *     response => error_code INT16 [api_keys] throttle_time_ms INT32 (1+)
 *       api_keys => api_key INT16 min_version INT16 max_version INT16
 */
export const apiVersions = defineApi<null, ApiVersionsResponse>({
  key: 18,
  name: 'ApiVersions',
  min: 0,
  max: 2,
  // From then on its answer has a header like no other's.
  flexibleFrom: 3,
  readOnly: true,
  write: () => undefined,
  read(reader, version) {
    const errorCode = reader.int16()
    const apis = reader.array(() => {
      const key = reader.int16()
      const min = reader.int16()
      const max = reader.int16()
      return { key, min, max }
    })
    if (version >= 1) reader.int32()
    return { errorCode, apis }
  },
})
