export {
  makeLightSkeleton,
  type LightSkeleton,
  type SkeletonMap,
  type SkeletonProgram,
} from './light-skeleton.ts';
export { writeHeader, type HeaderOptions } from './header.ts';
