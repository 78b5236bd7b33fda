#!/usr/bin/env node
// The command `hidsmith conformance` as a program of its own: what bpf_conformance takes as --plugin_path.
process.argv.splice(2, 0, 'conformance');
await import('./hidsmith.mjs');
