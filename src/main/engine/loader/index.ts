export { linkProgram, type LinkedPart, type LinkedProgram } from './link.ts';
