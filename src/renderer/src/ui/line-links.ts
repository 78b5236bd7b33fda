import { RangeSetBuilder, StateEffect, StateField, type Extension, type Text } from '@codemirror/state';
import { Decoration, EditorView, type DecorationSet } from '@codemirror/view';

/** What the lines of an editor are linked to. Lines count from 1. */
export interface LineLinks {
  /** Line → hue of the instructions made from it. */
  readonly hues: ReadonlyMap<number, number>;
  readonly hover: number | undefined;
  readonly selected: number | undefined;
}

export const setLinks = StateEffect.define<LineLinks>();

function decorate(document: Text, links: LineLinks): DecorationSet {
  const lines = new Set([...links.hues.keys()]);
  if (links.hover !== undefined) lines.add(links.hover);
  if (links.selected !== undefined) lines.add(links.selected);
  const builder = new RangeSetBuilder<Decoration>();
  for (const line of [...lines].sort((a, b) => a - b)) {
    if (line < 1 || line > document.lines) continue;
    const hue = links.hues.get(line);
    const classes = [
      hue === undefined ? '' : 'cm-linked',
      line === links.hover ? 'cm-hover-linked' : '',
      line === links.selected ? 'cm-lit' : '',
    ];
    const attributes: Record<string, string> = { class: classes.filter((name) => name !== '').join(' ') };
    if (hue !== undefined) attributes['style'] = `--link-hue: var(--f${hue & 7})`;
    const { from } = document.line(line);
    builder.add(from, from, Decoration.line({ attributes }));
  }
  return builder.finish();
}

const field = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(value, transaction) {
    for (const effect of transaction.effects) {
      if (effect.is(setLinks)) return decorate(transaction.state.doc, effect.value);
    }
    return value.map(transaction.changes);
  },
  provide: (decorations) => EditorView.decorations.from(decorations),
});

/** Colours linked lines, and tells the line under the pointer. */
export function lineLinks(onhover: (line: number | undefined) => void): Extension {
  let last: number | undefined;
  const tell = (line: number | undefined): void => {
    if (line === last) return;
    last = line;
    onhover(line);
  };
  return [
    field,
    EditorView.domEventHandlers({
      mousemove: (event, view) => {
        const position = view.posAtCoords({ x: event.clientX, y: event.clientY }, false);
        tell(view.state.doc.lineAt(position).number);
      },
      mouseleave: () => tell(undefined),
    }),
  ];
}
