import { RangeSetBuilder, StateEffect, StateField, type Extension, type Text } from '@codemirror/state';
import { Decoration, EditorView, WidgetType, type DecorationSet } from '@codemirror/view';
import { type Diagnostic } from '../../../preload/contract/index.ts';

export const setMessages = StateEffect.define<readonly Diagnostic[]>();

const MARK = { error: '✕', warning: '!', note: 'i' } as const;

/** A compiler's message as a line of its own under the line it is about. */
class Message extends WidgetType {
  readonly #diagnostic: Diagnostic;

  constructor(diagnostic: Diagnostic) {
    super();
    this.#diagnostic = diagnostic;
  }

  override eq(other: Message): boolean {
    const [left, right] = [this.#diagnostic, other.#diagnostic];
    return left.message === right.message && left.severity === right.severity && left.column === right.column;
  }

  override toDOM(): HTMLElement {
    const { severity, column, message } = this.#diagnostic;
    const line = document.createElement('div');
    line.className = `cm-message-text cm-message-${severity}`;
    line.setAttribute('role', 'note');
    line.textContent = `${MARK[severity]} ${severity} at column ${column}: ${message}`;
    // The editor measures the outer element: its space around must be padding, not margin.
    const block = document.createElement('div');
    block.className = 'cm-message';
    block.append(line);
    return block;
  }
}

function decorate(document: Text, diagnostics: readonly Diagnostic[]): DecorationSet {
  const builder = new RangeSetBuilder<Decoration>();
  const shown = diagnostics.filter(({ line }) => line >= 1 && line <= document.lines);
  for (const diagnostic of shown.toSorted((a, b) => a.line - b.line)) {
    const { to } = document.line(diagnostic.line);
    builder.add(to, to, Decoration.widget({ widget: new Message(diagnostic), block: true, side: 1 }));
  }
  return builder.finish();
}

/** Compiler messages between the lines of the source, where they stay until the next build. */
export const inlineMessages: Extension = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(value, transaction) {
    for (const effect of transaction.effects) {
      if (effect.is(setMessages)) return decorate(transaction.state.doc, effect.value);
    }
    return value.map(transaction.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});
