// The client of Pollux. Everything that is stable is exported here; README.md shows how it is used.
export { Backoff } from './backoff.ts';
export { Pollux } from './pollux.ts';
export { newKey } from './key.ts';
export { PolluxError, connectionFailed, errorOf, signedOut, unreadableAnswer } from './problem.ts';
export type { FieldProblem, Problem } from './problem.ts';
export { memoryStore } from './tokens.ts';
export type { components, operations, paths } from './api.ts';
export type * from './types.ts';
