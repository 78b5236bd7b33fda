import { defineConfig } from 'vitest/config';

/** Tests beside the code they check that need a real kernel: one file at a time, each with a virtual machine of its own. */
export default defineConfig({
  test: {
    include: ['src/**/*.kernel.test.ts', 'scripts/**/*.kernel.test.ts'],
    environment: 'node',
    testTimeout: 120_000,
    hookTimeout: 60_000,
    fileParallelism: false,
    // An emulated machine on a busy host is now and then later than a test waits.
    retry: 1,
    reporters: ['default', './scripts/closing-line-reporter.mjs'],
  },
});
