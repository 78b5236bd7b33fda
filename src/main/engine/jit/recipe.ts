import { type Recipe } from '../vm/index.ts';
import { Local, registerLocal } from './control.ts';
import { LOADS, STORES, pushForbidden } from './memory-access.ts';
import { I64, W, type WasmWriter } from './wasm-writer.ts';

/**
 * Leaves the value of a recipe on the stack.
 * @param slow depth of the label behind which the helper is called after all
 */
export function emitRecipe(code: WasmWriter, recipe: Recipe, slow: number): void {
  switch (recipe.kind) {
    case 'constant':
      code.wide(recipe.value);
      return;
    case 'argument':
      code.get(registerLocal(recipe.number));
      return;
    case 'low32':
      emitRecipe(code, recipe.of, slow);
      code.op(W.i32WrapI64).op(W.i64ExtendI32U);
      return;
    case 'load':
      emitRecipe(code, recipe.address, slow);
      pushForbidden(code, recipe.bytes, false);
      code.brIf(slow);
      code.get(Local.ADDRESS).op(W.i32WrapI64).memory(LOADS[recipe.bytes], 0);
      return;
    case 'store':
      emitRecipe(code, recipe.address, slow);
      pushForbidden(code, recipe.bytes, true);
      code.brIf(slow);
      code.get(Local.ADDRESS).op(W.i32WrapI64);
      emitRecipe(code, recipe.value, slow);
      code.memory(STORES[recipe.bytes], 0);
      emitRecipe(code, recipe.then, slow);
      return;
    case 'add':
    case 'multiply':
      emitRecipe(code, recipe.left, slow);
      emitRecipe(code, recipe.right, slow);
      code.op(recipe.kind === 'add' ? W.i64Add : W.i64Mul);
      return;
    case 'if-less':
      emitRecipe(code, recipe.left, slow);
      emitRecipe(code, recipe.right, slow);
      code.op(W.i64LtU).op(W.if, I64);
      emitRecipe(code, recipe.then, slow + 1);
      code.op(W.else);
      emitRecipe(code, recipe.otherwise, slow + 1);
      code.op(W.end);
      return;
    case 'call':
      code.br(slow);
  }
}
