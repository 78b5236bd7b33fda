/** An entry of a menu; a separator is a line. */
export type MenuEntry =
  | { readonly kind: 'separator' }
  | {
      readonly kind: 'item';
      readonly label: string;
      readonly hint?: string;
      readonly disabled?: boolean;
      readonly run: () => void | Promise<void>;
    };

export const SEPARATOR: MenuEntry = { kind: 'separator' };

export function menuItem(
  label: string,
  run: () => void | Promise<void>,
  more: { readonly hint?: string; readonly disabled?: boolean } = {},
): MenuEntry {
  return { kind: 'item', label, run, ...more };
}
