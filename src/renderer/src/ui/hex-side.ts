/** One of the byte strings that a hex view shows above each other. */
export interface HexSide {
  /** `before`, `after`; empty if there is only one. */
  readonly label: string;
  readonly bytes: Uint8Array;
  /** The bytes it is compared with: differing ones are marked. */
  readonly other?: Uint8Array | undefined;
  /** Dropped: struck through. */
  readonly struck?: boolean;
}
