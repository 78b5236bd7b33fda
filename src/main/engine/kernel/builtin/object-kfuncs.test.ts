import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { viewOf } from '../../base/index.ts';
import { parseObject } from '../../elf/index.ts';
import { BpfCalls, loadObject } from '../../loader/index.ts';
import { REPOSITORY } from '../../testing/shared.ts';
import { testKernel } from '../testing/harness.ts';

const OBJECT = join(REPOSITORY, 'src/main/workbench/testing/drivers/graph-walk/driver.bpf.o');

it('a program looks into its tree and its list, and counts, with the lock held', () => {
  const kernel = testKernel('6.18');
  const task = kernel.openTask({});
  const spec = parseObject(new Uint8Array(readFileSync(OBJECT)), { name: 'graph-walk' });
  const loaded = loadObject(spec, task, { kernelBtf: kernel.btf });
  const { result, retval, context } = new BpfCalls(task).testRun({
    programFd: loaded.programFds.get('walk') ?? -1,
    context: new Uint8Array(64),
  });
  expect({ result, retval }).toEqual({ result: 0, retval: 0 });
  const view = viewOf(context);
  const [empty, root, left, right, leftOfLeft, front, back, sum] = Array.from({ length: 8 }, (_, i) =>
    Number(view.getBigUint64(i * 8, true)),
  );
  expect({ empty, root, left, right, leftOfLeft }).toEqual({
    empty: 3,
    root: 5,
    left: 3,
    right: 8,
    leftOfLeft: 1,
  });
  expect({ front, back, sum }).toEqual({ front: 30, back: 10, sum: 6 });
});
