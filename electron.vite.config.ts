import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'electron-vite';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

/** Entries of the main process; those whose source is there are built. */
const MAIN_ENTRIES = {
  index: 'src/main/index.ts',
  worker: 'src/main/worker.ts',
  web: 'src/main/web.ts',
  cli: 'src/main/cli/index.ts',
};
const here = (path: string): string => resolve(import.meta.dirname, path);
const present = Object.entries(MAIN_ENTRIES).filter(([, path]) => existsSync(here(path)));

export default defineConfig({
  main: {
    build: {
      outDir: 'out/main',
      target: 'node22',
      // Packages in package.json's "dependencies" (the native ones) stay outside the bundle.
      externalizeDeps: true,
      rolldownOptions: {
        input: Object.fromEntries(present.map(([name, path]) => [name, here(path)])),
        // `ws` takes its native accelerators only if they are installed; they are not.
        external: ['bufferutil', 'utf-8-validate'],
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      outDir: 'out/preload',
      rolldownOptions: {
        input: { index: here('src/preload/index.ts') },
        // A sandboxed preload must be CommonJS.
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: 'src/renderer',
    plugins: [svelte()],
    server: { host: '127.0.0.1' },
    build: {
      outDir: here('out/renderer'),
      emptyOutDir: true,
      target: 'chrome150',
      rolldownOptions: { input: here('src/renderer/index.html') },
    },
  },
});
