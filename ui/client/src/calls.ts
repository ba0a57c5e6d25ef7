// The types of a call: what openapi-fetch gives, without the half that is an error, since errors are thrown.
import type { FetchResponse, MaybeOptionalInit } from 'openapi-fetch';

import type { paths } from './api.ts';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

// The paths that have this method.
type PathsWithMethod<M extends Method> = { [Path in keyof paths]: paths[Path] extends Record<M, unknown> ? Path : never }[keyof paths];

type Json = 'application/json';
type RequiredKeys<T> = { [K in keyof T]-?: Record<never, never> extends Pick<T, K> ? never : K }[keyof T];
type InitOf<Init> = RequiredKeys<Init> extends never ? [Init?] : [Init];

export type Call<M extends Method> = <Path extends PathsWithMethod<M>, Init extends MaybeOptionalInit<paths[Path], M>>(
    path: Path,
    ...init: InitOf<Init>
) => Promise<Answer<Path, M>>;

// The JSON of the success; undefined where there is none (204).
export type Answer<Path extends keyof paths, M extends Method> =
    NonNullable<paths[Path][M]> extends infer Operation extends Record<string | number, unknown>
        ? FetchResponse<Operation, object, Json> extends infer Response
            ? Response extends { data: infer Data; error?: never }
                ? Data
                : never
            : never
        : never;
