import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { type Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';

/** The editor in the colours of tokens.css: it follows the theme by itself. */
const theme = EditorView.theme({
  '&': { height: '100%', backgroundColor: 'var(--surface)', color: 'var(--text)', fontSize: '12px' },
  '&.cm-focused': { outline: '2px solid var(--accent)', outlineOffset: '-2px' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '20px' },
  '.cm-content': { padding: '4px 0', caretColor: 'var(--text)' },
  '.cm-line': { padding: '0 10px 0 6px' },
  '.cm-cursor': { borderLeftColor: 'var(--text)', borderLeftWidth: '2px' },
  '.cm-gutters': { backgroundColor: 'var(--surface)', color: 'var(--muted)', border: 'none' },
  '.cm-lineNumbers .cm-gutterElement': { padding: '0 6px 0 12px', minWidth: '36px' },
  '.cm-activeLine': { backgroundColor: 'transparent' },
  '.cm-activeLineGutter': { backgroundColor: 'transparent', color: 'var(--text)', fontWeight: '700' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'color-mix(in srgb, var(--accent) 28%, transparent) !important',
  },
  '.cm-matchingBracket, &.cm-focused .cm-matchingBracket': {
    backgroundColor: 'var(--accent-soft)',
    outline: '1px solid var(--accent)',
  },
  '.cm-searchMatch': { backgroundColor: 'var(--changed-soft)', outline: '1px solid var(--changed)' },
  '.cm-selectionMatch': { backgroundColor: 'var(--surface-3)' },
  '.cm-panels': { backgroundColor: 'var(--surface-2)', color: 'var(--text)', borderColor: 'var(--line)' },
  '.cm-panel.cm-search': { fontFamily: 'var(--ui)', padding: '6px 8px' },
  '.cm-button': {
    backgroundImage: 'none',
    backgroundColor: 'var(--surface)',
    border: '1px solid var(--line)',
  },
  '.cm-textfield': { border: '1px solid var(--line-strong)', backgroundColor: 'var(--surface)' },
  '.cm-tooltip': {
    backgroundColor: 'var(--surface)',
    color: 'var(--text)',
    border: '1px solid var(--line-strong)',
    borderRadius: '5px',
  },
  '.cm-tooltip-autocomplete ul li[aria-selected]': {
    backgroundColor: 'var(--accent-soft)',
    color: 'var(--text)',
  },
  '.cm-diagnostic': { padding: '3px 8px', fontFamily: 'var(--ui)' },
  '.cm-diagnostic-error': { borderLeft: '4px solid var(--error)' },
  '.cm-diagnostic-warning': { borderLeft: '4px solid var(--warn)' },
  '.cm-lintRange-error': {
    backgroundImage: 'none',
    textDecoration: 'underline wavy var(--error)',
    textUnderlineOffset: '3px',
  },
  '.cm-lintRange-warning': {
    backgroundImage: 'none',
    textDecoration: 'underline wavy var(--warn)',
    textUnderlineOffset: '3px',
  },
  '.cm-message': { padding: '1px 10px 3px 6px' },
  '.cm-message-text': {
    padding: '0 8px',
    borderLeft: '3px solid',
    borderRadius: '3px',
    fontFamily: 'var(--ui)',
    lineHeight: '20px',
    whiteSpace: 'pre-wrap',
  },
  '.cm-message-error': {
    color: 'var(--error)',
    borderColor: 'var(--error)',
    backgroundColor: 'var(--error-soft)',
  },
  '.cm-message-warning': {
    color: 'var(--warn)',
    borderColor: 'var(--warn)',
    backgroundColor: 'var(--warn-soft)',
  },
  '.cm-message-note': {
    color: 'var(--muted)',
    borderColor: 'var(--line-strong)',
    backgroundColor: 'var(--surface-2)',
  },
  '.cm-linked': { backgroundColor: 'color-mix(in srgb, var(--link-hue) 12%, transparent)' },
  '.cm-lit': { boxShadow: 'inset 0 0 0 1.5px var(--accent)' },
  '.cm-hover-linked': {
    backgroundColor: 'color-mix(in srgb, var(--link-hue, var(--accent)) 30%, transparent)',
  },
});

const highlight = HighlightStyle.define([
  {
    tag: [tags.keyword, tags.controlKeyword, tags.modifier, tags.operatorKeyword],
    color: 'var(--code-keyword)',
  },
  { tag: [tags.typeName, tags.standard(tags.typeName), tags.className], color: 'var(--code-type)' },
  { tag: [tags.string, tags.special(tags.string), tags.character], color: 'var(--code-string)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--code-number)' },
  { tag: [tags.processingInstruction, tags.macroName, tags.meta], color: 'var(--code-macro)' },
  { tag: [tags.comment, tags.lineComment, tags.blockComment], color: 'var(--code-comment)' },
]);

export const codeTheme: Extension = [theme, syntaxHighlighting(highlight)];
