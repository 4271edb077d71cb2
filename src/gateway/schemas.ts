import { Ajv } from 'ajv'
import addFormatsModule from 'ajv-formats'
import buildSerializer from 'fast-json-stringify'

// the module is CommonJS and its default is wrapped when imported from ESM
const addFormats = ('default' in addFormatsModule ? addFormatsModule.default : addFormatsModule) as unknown as (ajv: Ajv) => void

const exact = compiling(false)
const coercing = compiling(true)

/** What checks a part of a request. Only text is coerced: a body has types of its own. */
export const validatorOf = ({ schema, httpPart }: { schema: unknown; httpPart?: string }) => (httpPart === 'body' ? exact : coercing)(schema as object)

/** What writes an answer. */
export const serializerOf = onceForEach((schema: object) => buildSerializer(schema))

/** Most routes answer in forms that others answer in, too: what one was made into serves all routes that say the same, for as long as the process lives. */
function onceForEach<T>(make: (schema: object) => T): (schema: object) => T {
  const made = new Map<string, T>()
  return (schema) => {
    const text = JSON.stringify(schema)
    const known = made.get(text)
    if (known !== undefined) return known
    const fresh = make(schema)
    made.set(text, fresh)
    return fresh
  }
}

function compiling(coerceTypes: boolean) {
  const ajv = new Ajv({ coerceTypes, removeAdditional: false, useDefaults: true, allErrors: false, strict: false, ownProperties: true })
  addFormats(ajv)
  return onceForEach((schema) => ajv.compile(schema))
}
