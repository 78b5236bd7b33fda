import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseMarkdown, type Block } from './markdown.ts';

describe('a page of the documentation', () => {
  test('is headings, paragraphs, lists and code, with strong words, code and links in them', () => {
    const page = [
      '# Stack read',
      '<!-- Made by a script -->',
      '',
      'A **read** of `r10`,',
      'see [all](README.md).',
      '',
      '- one',
      '- **two**',
      '```text',
      'R1 # not a heading',
      '',
      '- no list',
      '```',
    ].join('\n');
    expect(parseMarkdown(page)).toEqual<Block[]>([
      { kind: 'heading', level: 1, spans: [{ kind: 'text', text: 'Stack read' }] },
      {
        kind: 'paragraph',
        spans: [
          { kind: 'text', text: 'A ' },
          { kind: 'strong', text: 'read' },
          { kind: 'text', text: ' of ' },
          { kind: 'code', text: 'r10' },
          { kind: 'text', text: ', see ' },
          { kind: 'link', text: 'all', target: 'README.md' },
          { kind: 'text', text: '.' },
        ],
      },
      { kind: 'list', items: [[{ kind: 'text', text: 'one' }], [{ kind: 'strong', text: 'two' }]] },
      { kind: 'code', text: 'R1 # not a heading\n\n- no list' },
    ]);
  });

  test('loses no word, whatever marks stand around it', () => {
    const word = fc.stringMatching(/^[a-z]{1,6}$/);
    const mark = fc.constantFrom('', '**', '`', '# ', '- ', '\n\n', '```', '[', '](');
    fc.assert(
      fc.property(fc.array(fc.tuple(mark, word), { maxLength: 20 }), (parts) => {
        const text = parts.map(([before, after]) => `${before}${after} `).join('');
        const shown = JSON.stringify(parseMarkdown(text));
        // What follows a fence on its line names the language and is not shown.
        const wanted = text.replace(/^```.*$/gm, '');
        for (const one of wanted.match(/[a-z]+/g) ?? []) expect(shown).toContain(one);
      }),
    );
  });
});
