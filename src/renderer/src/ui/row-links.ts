/** Arrow keys go from the link of a table row to that of the next one. */
export function rowLinks(table: HTMLElement): () => void {
  const move = (event: KeyboardEvent): void => {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    const links = [...table.querySelectorAll<HTMLElement>('tbody a.main')];
    const row = event.target instanceof Element ? event.target.closest('tr') : null;
    const here = links.findIndex((link) => row?.contains(link) === true);
    if (here === -1) return;
    const next = links[here + (event.key === 'ArrowDown' ? 1 : -1)];
    next?.focus();
    event.preventDefault();
  };
  table.addEventListener('keydown', move);
  return () => table.removeEventListener('keydown', move);
}
