import type { Arena } from '../../vm/index.ts';

const RED = 0n;
const BLACK = 1n;

/** Children of a node: offsets of their addresses in struct rb_node. */
const LEFT = 16n;
const RIGHT = 8n;
type Side = typeof LEFT | typeof RIGHT;

/** Offsets in struct rb_root_cached. */
const Root = { node: 0n, leftmost: 8n };

function other(side: Side): Side {
  return side === LEFT ? RIGHT : LEFT;
}

/**
 * A red-black tree whose nodes lie in memory as the kernel's do (struct rb_node: parent and colour in one word, right, left).
 * Balanced like any such tree by recolouring and rotating, so that it has the shape that the kernel's has.
 */
export class RedBlackTree {
  readonly #arena: Arena;
  readonly #root: bigint;

  constructor(arena: Arena, root: bigint) {
    this.#arena = arena;
    this.#root = root;
  }

  /** The topmost node, 0 for none. */
  get top(): bigint {
    return this.#arena.readU64(this.#root + Root.node);
  }

  /** The first node in order, 0 for none. */
  get first(): bigint {
    return this.#arena.readU64(this.#root + Root.leftmost);
  }

  child(node: bigint, side: 'left' | 'right'): bigint {
    return this.#child(node, side === 'left' ? LEFT : RIGHT);
  }

  /** Adds a node below `parent` (0: as the only one) and balances. `isFirst`: nothing in the tree comes before it. */
  insert(node: bigint, parent: bigint, side: 'left' | 'right', isFirst: boolean): void {
    this.#setParent(node, parent, RED);
    this.#setChild(node, LEFT, 0n);
    this.#setChild(node, RIGHT, 0n);
    if (parent === 0n) this.#arena.writeU64(this.#root + Root.node, node);
    else this.#setChild(parent, side === 'left' ? LEFT : RIGHT, node);
    if (isFirst) this.#arena.writeU64(this.#root + Root.leftmost, node);
    this.#balanceInsertion(node);
  }

  /** Takes a node out and balances. */
  remove(node: bigint): void {
    if (this.first === node) this.#arena.writeU64(this.#root + Root.leftmost, this.#nextOf(node));
    const [left, right] = [this.#child(node, LEFT), this.#child(node, RIGHT)];
    if (left !== 0n && right !== 0n) this.#removeInner(node, left, right);
    else {
      const only = left === 0n ? right : left;
      const parent = this.#parent(node);
      const side = this.#sideOf(node, parent);
      this.#replace(node, only, parent);
      this.#settle(this.#isBlack(node), only, parent, side);
    }
  }

  /** A node with two children: the next one takes its place. */
  #removeInner(node: bigint, left: bigint, right: bigint): void {
    const next = this.#nextOf(node);
    const wasBlack = this.#isBlack(next);
    const orphan = this.#child(next, RIGHT);
    let parent = this.#parent(next);
    let side: Side = LEFT;
    if (parent === node) {
      parent = next;
      side = RIGHT;
    } else {
      this.#setChild(parent, LEFT, orphan);
      if (orphan !== 0n) this.#setParent(orphan, parent, this.#color(orphan));
      this.#setChild(next, RIGHT, right);
      this.#setParent(right, next, this.#color(right));
    }
    this.#replace(node, next, this.#parent(node));
    this.#setParent(next, this.#parent(next), this.#color(node));
    this.#setChild(next, LEFT, left);
    this.#setParent(left, next, this.#color(left));
    this.#settle(wasBlack, orphan, parent, side);
  }

  /** A node went from below `parent`; `instead` (or nothing) is there now. */
  #settle(wasBlack: boolean, instead: bigint, parent: bigint, side: Side): void {
    if (!wasBlack) return;
    if (instead !== 0n && !this.#isBlack(instead)) this.#setParent(instead, this.#parent(instead), BLACK);
    else if (parent !== 0n) this.#balanceRemoval(parent, side);
  }

  #balanceInsertion(added: bigint): void {
    let node = added;
    for (;;) {
      let parent = this.#parent(node);
      if (parent === 0n) {
        this.#setParent(node, 0n, BLACK);
        return;
      }
      if (this.#isBlack(parent)) return;
      const grandparent = this.#parent(parent);
      const side = this.#sideOf(parent, grandparent);
      const uncle = this.#child(grandparent, other(side));
      if (uncle !== 0n && !this.#isBlack(uncle)) {
        this.#setParent(uncle, grandparent, BLACK);
        this.#setParent(parent, grandparent, BLACK);
        this.#setParent(grandparent, this.#parent(grandparent), RED);
        node = grandparent;
        continue;
      }
      if (node === this.#child(parent, other(side))) {
        this.#rotate(parent, side);
        parent = node;
      }
      this.#setParent(parent, this.#parent(parent), BLACK);
      this.#setParent(grandparent, this.#parent(grandparent), RED);
      this.#rotate(grandparent, other(side));
      return;
    }
  }

  /** Below `from`, on `side`, every way has a black node too few. */
  #balanceRemoval(from: bigint, on: Side): void {
    let [parent, side] = [from, on];
    for (;;) {
      let sibling = this.#child(parent, other(side));
      if (!this.#isBlack(sibling)) {
        this.#setParent(sibling, parent, BLACK);
        this.#setParent(parent, this.#parent(parent), RED);
        this.#rotate(parent, side);
        sibling = this.#child(parent, other(side));
      }
      const [near, far] = [this.#child(sibling, side), this.#child(sibling, other(side))];
      if (this.#isBlackOrNone(near) && this.#isBlackOrNone(far)) {
        this.#setParent(sibling, parent, RED);
        const above = this.#parent(parent);
        if (!this.#isBlack(parent) || above === 0n) {
          this.#setParent(parent, above, BLACK);
          return;
        }
        side = this.#sideOf(parent, above);
        parent = above;
        continue;
      }
      if (this.#isBlackOrNone(far)) {
        this.#setParent(near, sibling, BLACK);
        this.#setParent(sibling, parent, RED);
        this.#rotate(sibling, other(side));
        sibling = near;
      }
      this.#setParent(sibling, parent, this.#color(parent));
      this.#setParent(parent, this.#parent(parent), BLACK);
      const outer = this.#child(sibling, other(side));
      this.#setParent(outer, sibling, BLACK);
      this.#rotate(parent, side);
      return;
    }
  }

  /** `node` goes down on `side`, its other child comes up in its place. */
  #rotate(node: bigint, side: Side): void {
    const up = this.#child(node, other(side));
    const moved = this.#child(up, side);
    this.#setChild(node, other(side), moved);
    if (moved !== 0n) this.#setParent(moved, node, this.#color(moved));
    const parent = this.#parent(node);
    this.#replace(node, up, parent);
    this.#setChild(up, side, node);
    this.#setParent(node, up, this.#color(node));
  }

  /** Another node (0: none) hangs where `node` hung below `parent`. */
  #replace(node: bigint, by: bigint, parent: bigint): void {
    if (parent === 0n) this.#arena.writeU64(this.#root + Root.node, by);
    else this.#setChild(parent, this.#sideOf(node, parent), by);
    if (by !== 0n) this.#setParent(by, parent, this.#color(by));
  }

  /** The next node in order, 0 behind the last. */
  #nextOf(node: bigint): bigint {
    let at = this.#child(node, RIGHT);
    if (at !== 0n) {
      for (let left = this.#child(at, LEFT); left !== 0n; left = this.#child(at, LEFT)) at = left;
      return at;
    }
    let below = node;
    let above = this.#parent(node);
    while (above !== 0n && this.#child(above, RIGHT) === below) {
      below = above;
      above = this.#parent(above);
    }
    return above;
  }

  #child(node: bigint, side: Side): bigint {
    return this.#arena.readU64(node + side);
  }

  #setChild(node: bigint, side: Side, child: bigint): void {
    this.#arena.writeU64(node + side, child);
  }

  #sideOf(node: bigint, parent: bigint): Side {
    return parent !== 0n && this.#child(parent, LEFT) === node ? LEFT : RIGHT;
  }

  #parent(node: bigint): bigint {
    return this.#arena.readU64(node) & ~3n;
  }

  #color(node: bigint): bigint {
    return this.#arena.readU64(node) & 1n;
  }

  #isBlack(node: bigint): boolean {
    return this.#color(node) === BLACK;
  }

  #isBlackOrNone(node: bigint): boolean {
    return node === 0n || this.#isBlack(node);
  }

  #setParent(node: bigint, parent: bigint, color: bigint): void {
    this.#arena.writeU64(node, parent | color);
  }
}
