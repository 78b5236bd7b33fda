export { type HidBpfWarning } from './dispatch.ts';
export { HidBpf } from './hid-bpf.ts';
export { type HidBpfProfile, hidBpfProfile } from './profile.ts';
