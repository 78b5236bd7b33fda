export * from '../uhid-devices.ts';
