import { type Verdict } from '../../../../preload/contract/index.ts';

/** Mark and word of a verdict: colour never says it alone. */
export const VERDICT: Readonly<Record<Verdict, { readonly mark: string; readonly word: string }>> = {
  pass: { mark: '·', word: 'pass' },
  changed: { mark: '◆', word: 'changed' },
  dropped: { mark: '✕', word: 'dropped' },
  injected: { mark: '+', word: 'injected' },
};
