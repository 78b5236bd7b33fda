export { COMMON_RUNTIME } from './common.ts';
export { HID_RUNTIME } from './hid.ts';
export { KCONFIG_RUNTIME } from './kconfig.ts';
export { PERF_RUNTIME } from './perf.ts';
export { PINS_RUNTIME } from './pins.ts';
export { SIZES_RUNTIME } from './sizes.ts';
export { LIBBPF_RUNTIME, STANDALONE_RUNTIME } from './standalone.ts';
