/** Functions of the module that all programs share, in the order of their numbers. */
export const CommonIndex = {
  FIND_REGION: 0,
  WIDEN_READ: 1,
  WIDEN_WRITE: 2,
  REGION_READ: 3,
  REGION_WRITE: 4,
} as const;
