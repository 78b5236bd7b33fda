#!/usr/bin/env node
// Stands in for Electron in `npm run dev:web`: electron-vite starts it as if it were Electron, with the URL of its
// development server in the environment.
await import('../out/main/web.js');
