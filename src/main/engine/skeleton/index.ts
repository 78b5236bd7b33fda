export {
  makeLightSkeleton,
  type LightSkeleton,
  type SkeletonMap,
  type SkeletonProgram,
} from './light-skeleton.ts';
export { cIdentifier } from './c-text.ts';
export { writeHeader, type HeaderOptions } from './header.ts';
export { type SkeletonTable } from './light-skeleton.ts';
export { loadSkeleton, RunningSkeleton, type SkeletonAttach, type SkeletonLoad } from './running.ts';
export { AttachStep } from './struct-ops.ts';
