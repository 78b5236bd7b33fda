import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'scripts/**/*.test.ts'],
    // Those need a real kernel: npm run test:kernel.
    exclude: ['**/*.kernel.test.ts'],
    environment: 'node',
    testTimeout: 30_000,
    reporters: ['default', './scripts/closing-line-reporter.mjs'],
  },
});
