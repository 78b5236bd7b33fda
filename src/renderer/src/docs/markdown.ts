/** The small part of Markdown that the pages under docs/ are written in, as data to be shown. */

/** A piece of a line. */
export interface Span {
  readonly kind: 'text' | 'strong' | 'code' | 'link';
  readonly text: string;
  /** Where a link leads, as it is written. */
  readonly target?: string;
}

export type Block =
  | { readonly kind: 'heading'; readonly level: number; readonly spans: readonly Span[] }
  | { readonly kind: 'paragraph'; readonly spans: readonly Span[] }
  | { readonly kind: 'list'; readonly items: readonly (readonly Span[])[] }
  | { readonly kind: 'code'; readonly text: string };

const MARKS = /\*\*(?<strong>[^*]+)\*\*|`(?<code>[^`]+)`|\[(?<link>[^\]]+)\]\((?<target>[^)]+)\)/g;

function spansOf(text: string): Span[] {
  const spans: Span[] = [];
  let end = 0;
  for (const match of text.matchAll(MARKS)) {
    if (match.index > end) spans.push({ kind: 'text', text: text.slice(end, match.index) });
    const { strong, code, link, target } = match.groups ?? {};
    if (strong !== undefined) spans.push({ kind: 'strong', text: strong });
    else if (code !== undefined) spans.push({ kind: 'code', text: code });
    else if (link !== undefined && target !== undefined) spans.push({ kind: 'link', text: link, target });
    end = match.index + match[0].length;
  }
  if (end < text.length) spans.push({ kind: 'text', text: text.slice(end) });
  return spans;
}

/** The block that a chunk between blank lines is. */
function blockOf(lines: readonly string[]): Block {
  const heading = /^(#+) (.*)$/.exec(lines[0] ?? '');
  if (heading !== null) {
    return { kind: 'heading', level: heading[1]?.length ?? 1, spans: spansOf(heading[2] ?? '') };
  }
  if (lines.every((line) => line.startsWith('- '))) {
    return { kind: 'list', items: lines.map((line) => spansOf(line.slice(2))) };
  }
  return { kind: 'paragraph', spans: spansOf(lines.join(' ')) };
}

/** A page's blocks in order; comments are left out, and what is no mark known here is shown as it stands. */
export function parseMarkdown(text: string): Block[] {
  const blocks: Block[] = [];
  let chunk: string[] = [];
  let fence: string[] | undefined;
  const close = (): void => {
    if (chunk.length > 0) blocks.push(blockOf(chunk));
    chunk = [];
  };
  for (const line of text.replace(/<!--[^]*?-->/g, '').split('\n')) {
    if (line.startsWith('```')) {
      close();
      if (fence !== undefined) blocks.push({ kind: 'code', text: fence.join('\n') });
      fence = fence === undefined ? [] : undefined;
    } else if (fence !== undefined) fence.push(line);
    else if (line.trim() === '') close();
    else chunk.push(line);
  }
  close();
  if (fence !== undefined) blocks.push({ kind: 'code', text: fence.join('\n') });
  return blocks;
}
