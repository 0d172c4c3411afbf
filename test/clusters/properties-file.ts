/** Java's configuration files. */

/** Settings by name. */
export type Properties = Record<string, string | number | boolean>

/** Text of a properties file. */
export const propertiesText = (properties: Properties): string =>
  Object.entries(properties)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')
