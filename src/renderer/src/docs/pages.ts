/** The pages about refusals that are shipped with the application: docs/verifier, each loaded when it is asked for. */
const PAGES = import.meta.glob<string>('../../../../docs/verifier/*.md', {
  query: '?raw',
  import: 'default',
});
const FOLDER = '../../../../';

/** Whether there is a page under a path such as `docs/verifier/register-not-set.md`. */
export function hasPage(path: string): boolean {
  return `${FOLDER}${path}` in PAGES;
}

/** Text of a page. Throws where there is none under that path. */
export async function loadPage(path: string): Promise<string> {
  const load = PAGES[`${FOLDER}${path}`];
  if (load === undefined) throw new Error(`there is no page ${path}`);
  return load();
}
