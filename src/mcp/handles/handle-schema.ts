import type { StandardSchemaWithJSON } from '@modelcontextprotocol/server';
import { InvalidOptionError } from '../../errors.ts';

/** The arguments of a tool that takes a handle: the handle as it was given, whatever that is, and the tool's own input. */
export interface HandleArguments {
  readonly handle: unknown;
  readonly input: unknown;
}

/** How a tool's schema is called in an error, and what the handle's argument is. */
export interface HandleArgument {
  readonly tool: string;
  readonly name: string;
  readonly description: string;
}

type Validated = ReturnType<StandardSchemaWithJSON['~standard']['validate']>;
type Converter = StandardSchemaWithJSON['~standard']['jsonSchema'];
type JsonSchema = Record<string, unknown>;

const ROOT_COMPOSITIONS = ['$ref', 'allOf', 'anyOf', 'oneOf', 'not', 'if'] as const;

/**
 * A tool's input schema, with the handle as one more argument, which is required. The handle is not validated here: a malformed
 * one is answered like an unknown one.
 *
 * @throws InvalidOptionError where the schema cannot be told as JSON Schema, describes no plain object, or has a property of the
 * handle's name already
 */
export const withHandle = (
  own: StandardSchemaWithJSON | undefined,
  argument: HandleArgument,
): StandardSchemaWithJSON<unknown, HandleArguments> => {
  if (own !== undefined) assertComposable(own, argument);
  const shown =
    (side: 'input' | 'output'): Converter['input'] =>
    (options) =>
      withProperty(own?.['~standard'].jsonSchema[side](options) ?? NO_INPUT, argument);
  return {
    '~standard': {
      version: 1,
      vendor: 'holdfast',
      validate: (value) => {
        const { [argument.name]: handle, ...rest } = asObject(value);
        return joined(handle, own === undefined ? { value: {} } : own['~standard'].validate(rest));
      },
      jsonSchema: { input: shown('input'), output: shown('output') },
    },
  };
};

const NO_INPUT: JsonSchema = { type: 'object', properties: {} };

const joined = (
  handle: unknown,
  validated: Validated,
): StandardSchemaResult | Promise<StandardSchemaResult> => {
  if (validated instanceof Promise) return validated.then((result) => joined(handle, result));
  return validated.issues === undefined ? { value: { handle, input: validated.value } } : validated;
};

type StandardSchemaResult = Awaited<
  ReturnType<StandardSchemaWithJSON<unknown, HandleArguments>['~standard']['validate']>
>;

const asObject = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};

const withProperty = (schema: JsonSchema, { name, description }: HandleArgument): JsonSchema => ({
  ...schema,
  properties: { [name]: { type: 'string', description }, ...asObject(schema['properties']) },
  required: [name, ...(Array.isArray(schema['required']) ? schema['required'] : [])],
  // What the own schema says of its arguments as a whole is of the others: the handle is one more.
  ...oneMore(schema, 'minProperties'),
  ...oneMore(schema, 'maxProperties'),
  ...('propertyNames' in schema
    ? { propertyNames: { anyOf: [{ const: name }, schema['propertyNames']] } }
    : {}),
});

const oneMore = (schema: JsonSchema, keyword: 'minProperties' | 'maxProperties'): JsonSchema => {
  const { [keyword]: count } = schema;
  return typeof count === 'number' ? { [keyword]: count + 1 } : {};
};

const assertComposable = (own: StandardSchemaWithJSON, { tool, name }: HandleArgument): void => {
  const option = `the inputSchema of ${tool}`;
  const schema = jsonSchemaOf(own, option);
  const composition = ROOT_COMPOSITIONS.find((keyword) => keyword in schema);
  if (schema['type'] !== 'object' || composition !== undefined) {
    const given = composition ?? schema['type'];
    throw new InvalidOptionError(
      option,
      given,
      'an object schema: put anything else in a property',
    );
  }
  if (Object.hasOwn(asObject(schema['properties']), name)) {
    throw new InvalidOptionError(
      option,
      `an object with a property ${name}`,
      `without a property ${name}: that is the handle's`,
    );
  }
};

/** What `tools/list` will show of it. */
const jsonSchemaOf = (own: StandardSchemaWithJSON, option: string): JsonSchema => {
  const allowed =
    'a Standard Schema that tells its JSON Schema (zod 4.2, arktype, valibot with toStandardJsonSchema, fromJsonSchema)';
  const standard: Partial<StandardSchemaWithJSON['~standard']> | undefined = own['~standard'];
  if (standard?.jsonSchema === undefined) throw new InvalidOptionError(option, own, allowed);
  try {
    return standard.jsonSchema.input({ target: 'draft-2020-12' });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new InvalidOptionError(option, why, allowed);
  }
};
