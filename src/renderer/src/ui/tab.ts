export interface Tab {
  readonly id: string;
  readonly label: string;
  readonly count?: number;
  /** The count is bad news. */
  readonly alarm?: boolean;
}
