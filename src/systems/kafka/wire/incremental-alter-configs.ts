import { defineApi } from './api.ts'

/** What is done with one key. `append` and `subtract` work on the members of a list, which others may change as well. */
export const CONFIG_OPERATION = { set: 0, delete: 1, append: 2, subtract: 3 } as const

export interface IncrementalAlterConfigsRequest {
  resources: readonly {
    type: number
    /** A topic, a broker id (which must be asked of that very broker), or "" for the cluster-wide broker default. */
    name: string
    /** Each key once only: a broker refuses a resource that names one twice. */
    configs: readonly {
      name: string
      /** One of CONFIG_OPERATION. */
      operation: number
      /** Members of a list are separated by commas. Null to delete. */
      value: string | null
    }[]
  }[]
  /** Judged like any other, with permissions, and not carried out. */
  validateOnly?: boolean
}

export interface IncrementalAlterConfigsResponse {
  results: { errorCode: number; errorMessage: string | null; type: number; name: string }[]
}

/**
 * Changes single configs of topics and brokers. A resource is changed as a whole or not at all; a bad one does not keep the
 * others back.
 *
 *     request  => [resources] validate_only BOOL
 *       resources => resource_type INT8 resource_name STRING [configs]
 *       configs => name STRING config_operation INT8 value NULLABLE_STRING
 *     response => throttle_time_ms INT32 [responses]
 *       responses => error_code INT16 error_message NULLABLE_STRING resource_type INT8 resource_name STRING
 */
export const incrementalAlterConfigs = defineApi<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>({
  key: 44,
  name: 'IncrementalAlterConfigs',
  min: 0,
  max: 1,
  flexibleFrom: 1,
  readOnly: false,
  write(writer, { resources, validateOnly = false }) {
    writer.array(resources, ({ type, name, configs }) => {
      writer.int8(type)
      writer.string(name)
      writer.array(configs, (config) => {
        writer.string(config.name)
        writer.int8(config.operation)
        writer.nullableString(config.value)
        writer.tags()
      })
      writer.tags()
    })
    writer.bool(validateOnly)
    writer.tags()
  },
  read(reader) {
    reader.int32()
    const results = reader.array(() => {
      const errorCode = reader.int16()
      const errorMessage = reader.nullableString()
      const type = reader.int8()
      const name = reader.string()
      reader.tags()
      return { errorCode, errorMessage, type, name }
    })
    reader.tags()
    return { results }
  },
})
