/** The public names of one way into the package, sorted. */
export interface PublicNames {
  /** What exists at run time. Taking one away, or changing its meaning, is a breaking change. */
  readonly values: readonly string[];
  /** What exists for the compiler only. */
  readonly types: readonly string[];
}

/**
 * Everything the package promises, by the specifier users write. A new name is added here by hand, on
 * purpose: this list is what a reviewer looks at.
 */
export const PUBLIC_NAMES: Readonly<Record<string, PublicNames>> = {
  holdfast: {
    values: [],
    types: [],
  },
  'holdfast/machines': {
    values: [
      'END_REASONS',
      'REASON_OF_DEADLINE',
      'SESSION_STATES',
      'registryMachine',
      'sessionMachine',
    ],
    types: [
      'EndDeadline',
      'EndReason',
      'Occupancy',
      'RegistryContext',
      'RegistryEvent',
      'RegistryMachine',
      'RegistryState',
      'SessionContext',
      'SessionEvent',
      'SessionEventType',
      'SessionInput',
      'SessionMachine',
      'SessionState',
    ],
  },
  'holdfast/mcp': {
    values: [],
    types: [],
  },
  'holdfast/testing': {
    values: [],
    types: [],
  },
};
