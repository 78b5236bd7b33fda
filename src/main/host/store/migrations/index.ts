import { FOUNDATION } from './001-foundation.ts';

/** In order; migration i takes a database from user_version i to i + 1. A landed migration never changes. */
export const MIGRATIONS: readonly string[] = [FOUNDATION];
