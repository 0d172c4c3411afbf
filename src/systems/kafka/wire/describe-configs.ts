import { defineApi } from './api.ts'
import type { Reader } from './reader.ts'

/** Resource types of the config APIs. */
export const TOPIC_RESOURCE = 2
export const BROKER_RESOURCE = 4

/** Where a value comes from. */
export const CONFIG_SOURCE = { topic: 1, broker: 2, clusterDefault: 3, static: 4, default: 5 } as const

export interface DescribeConfigsRequest {
  resources: readonly {
    type: number
    /** A topic, a broker id (which must be asked of that very broker), or "" for the cluster-wide broker default. */
    name: string
    /** Or null for all. */
    keys: readonly string[] | null
  }[]
  /** Also the values that the shown one hides. */
  includeSynonyms: boolean
}

export interface ConfigSynonym {
  name: string
  value: string | null
  source: number
}

export interface ConfigEntry {
  name: string
  /** Null for a sensitive one. */
  value: string | null
  /** Differs between broker versions for the same dynamic config: do not rely on it. */
  readOnly: boolean
  /** One of CONFIG_SOURCE, or a newer one. */
  source: number
  isSensitive: boolean
  /** Highest precedence first; empty unless asked for. */
  synonyms: ConfigSynonym[]
}

export interface DescribeConfigsResponse {
  results: {
    errorCode: number
    errorMessage: string | null
    type: number
    name: string
    configs: ConfigEntry[]
  }[]
}

/**
 * Configs of topics and brokers.
 *
 *     request  => [resources] include_synonyms BOOL include_documentation BOOL (3+)
 *       resources => resource_type INT8 resource_name STRING [configuration_keys] STRING; null for all
 *     response => throttle_time_ms INT32 [results]
 *       results => error_code INT16 error_message NULLABLE_STRING resource_type INT8 resource_name STRING [configs]
 *       configs => name STRING value NULLABLE_STRING read_only BOOL config_source INT8 is_sensitive BOOL [synonyms]
 *                  config_type INT8 (3+) documentation NULLABLE_STRING (3+)
 *       synonyms => name STRING value NULLABLE_STRING source INT8
 */
export const describeConfigs = defineApi<DescribeConfigsRequest, DescribeConfigsResponse>({
  key: 32,
  name: 'DescribeConfigs',
  min: 1,
  max: 4,
  flexibleFrom: 4,
  readOnly: true,
  write(writer, { resources, includeSynonyms }, version) {
    writer.array(resources, ({ type, name, keys }) => {
      writer.int8(type)
      writer.string(name)
      writer.nullableArray(keys, (key) => writer.string(key))
      writer.tags()
    })
    writer.bool(includeSynonyms)
    if (version >= 3) writer.bool(false)
    writer.tags()
  },
  read(reader, version) {
    reader.int32()
    const results = reader.array(() => {
      const errorCode = reader.int16()
      const errorMessage = reader.nullableString()
      const type = reader.int8()
      const name = reader.string()
      const configs = reader.array(() => readEntry(reader, version))
      reader.tags()
      return { errorCode, errorMessage, type, name, configs }
    })
    reader.tags()
    return { results }
  },
})

function readEntry(reader: Reader, version: number): ConfigEntry {
  const name = reader.string()
  const value = reader.nullableString()
  const readOnly = reader.bool()
  const source = reader.int8()
  const isSensitive = reader.bool()
  const synonyms = reader.array(() => readSynonym(reader))
  if (version >= 3) {
    reader.int8()
    reader.nullableString()
  }
  reader.tags()
  return { name, value, readOnly, source, isSensitive, synonyms }
}

function readSynonym(reader: Reader): ConfigSynonym {
  const name = reader.string()
  const value = reader.nullableString()
  const source = reader.int8()
  reader.tags()
  return { name, value, source }
}
