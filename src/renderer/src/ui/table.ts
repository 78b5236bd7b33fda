export interface Column {
  readonly label: string;
  /** Pixels; the column without a width takes the rest. */
  readonly width?: number;
  readonly numeric?: boolean;
  /** Where the label is a sign: what it means. */
  readonly title?: string;
}

/** The row at a position, if it is here already. */
export type RowAt<T> = (position: number) => T | undefined;
