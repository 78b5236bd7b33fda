/**
 * The approximate LRU of kernel/bpf/bpf_lru_list.c, for one CPU: nodes go from the free list over a pending list to the
 * inactive and active lists, and a reference bit gives them another chance. Which element is dropped when a map is full
 * follows from it, and programs can see that.
 */

const LOCAL_FREE_TARGET = 128;
const LOCAL_NR_SCANS = LOCAL_FREE_TARGET;
const PERCPU_FREE_TARGET = 4;

export type LruListName = 'active' | 'inactive' | 'free' | 'local-free' | 'pending';

/** A place in a doubly linked list; lists themselves are rings with a head that is no node. */
class Link<T> {
  previous: Link<T> = this;
  next: Link<T> = this;
  node: LruNode<T> | undefined = undefined;
}

export class LruNode<T> extends Link<T> {
  readonly element: T;
  list: LruListName = 'free';
  referenced = false;

  constructor(element: T) {
    super();
    this.element = element;
    this.node = this;
  }
}

function unlink<T>(link: Link<T>): void {
  link.previous.next = link.next;
  link.next.previous = link.previous;
}

function addFirst<T>(link: Link<T>, head: Link<T>): void {
  link.next = head.next;
  link.previous = head;
  head.next.previous = link;
  head.next = link;
}

export class LruList<T> {
  /** Takes an element out of the map's table; false if it is not in it. */
  readonly #evict: (element: T) => boolean;
  readonly #heads: Readonly<Record<LruListName, Link<T>>> = {
    active: new Link(),
    inactive: new Link(),
    free: new Link(),
    'local-free': new Link(),
    pending: new Link(),
  };
  readonly #counts = { active: 0, inactive: 0 };
  readonly #perCpu: boolean;
  readonly #scans: number;
  readonly #targetFree: number;
  #rotation: Link<T> = this.#heads.inactive;

  /** `perCpu` is BPF_F_NO_COMMON_LRU: no local lists in front. */
  constructor(elements: readonly T[], perCpu: boolean, cpus: number, evict: (element: T) => boolean) {
    this.#evict = evict;
    this.#perCpu = perCpu;
    this.#scans = perCpu ? PERCPU_FREE_TARGET : LOCAL_NR_SCANS;
    this.#targetFree = Math.min(
      Math.max(Math.floor(Math.floor(elements.length / cpus) / 2), 1),
      LOCAL_FREE_TARGET,
    );
    for (const element of elements) addFirst(new LruNode(element), this.#heads.free);
  }

  /** A node to use, evicting others where none is free: bpf_lru_pop_free(). */
  take(): LruNode<T> | undefined {
    if (this.#perCpu) return this.#takePerCpu();
    let node = this.#popLocalFree();
    if (node === undefined) {
      this.#refillLocal();
      node = this.#popLocalFree();
    }
    node ??= this.#popPending();
    if (node !== undefined) this.#addPending(node);
    return node;
  }

  /** A node whose element left the table: bpf_lru_push_free(). */
  release(node: LruNode<T>): void {
    if (node.list === 'pending') {
      node.list = 'local-free';
      node.referenced = false;
      unlink(node);
      addFirst(node, this.#heads['local-free']);
      return;
    }
    if (node.list === 'active' || node.list === 'inactive') this.#move(node, 'free');
  }

  #takePerCpu(): LruNode<T> | undefined {
    const { free } = this.#heads;
    this.#rotate();
    if (free.next === free) this.#shrink(PERCPU_FREE_TARGET, 'free');
    const node = free.next.node;
    if (node !== undefined) {
      node.referenced = false;
      this.#move(node, 'inactive');
    }
    return node;
  }

  #popLocalFree(): LruNode<T> | undefined {
    const node = this.#heads['local-free'].next.node;
    if (node !== undefined) unlink(node);
    return node;
  }

  #addPending(node: LruNode<T>): void {
    node.list = 'pending';
    node.referenced = false;
    addFirst(node, this.#heads.pending);
  }

  /** bpf_lru_list_pop_free_to_local(). */
  #refillLocal(): void {
    this.#flushPending();
    this.#rotate();
    let found = 0;
    for (const node of this.#nodes('free', false)) {
      this.#moveToFree(node, 'local-free');
      if (++found === this.#targetFree) break;
    }
    if (found < this.#targetFree) this.#shrink(this.#targetFree - found, 'local-free');
  }

  #flushPending(): void {
    for (const node of this.#nodes('pending', true)) {
      const target = node.referenced ? 'active' : 'inactive';
      this.#counts[target]++;
      node.list = target;
      node.referenced = false;
      unlink(node);
      addFirst(node, this.#heads[target]);
    }
  }

  #popPending(): LruNode<T> | undefined {
    for (const force of [false, true]) {
      for (const node of this.#nodes('pending', true)) {
        if ((!node.referenced || force) && this.#evict(node.element)) {
          unlink(node);
          return node;
        }
      }
    }
    return undefined;
  }

  #rotate(): void {
    if (this.#counts.inactive < this.#counts.active) this.#rotateActive();
    this.#rotateInactive();
  }

  #rotateActive(): void {
    const first = this.#heads.active.next;
    let scanned = 0;
    for (const node of this.#nodes('active', true)) {
      this.#move(node, node.referenced ? 'active' : 'inactive');
      if (++scanned === this.#scans || node === first) break;
    }
  }

  #rotateInactive(): void {
    const head = this.#heads.inactive;
    if (head.next === head) return;
    let last = this.#rotation.next;
    if (last === head) last = last.next;
    let current: Link<T> = this.#rotation;
    let next: Link<T> = head;
    let scanned = 0;
    while (scanned < this.#scans) {
      const { node } = current;
      if (node === undefined) {
        current = current.previous;
        continue;
      }
      next = current.previous;
      if (node.referenced) this.#move(node, 'active');
      if (current === last) break;
      current = next;
      scanned++;
    }
    this.#rotation = next;
  }

  /** __bpf_lru_list_shrink(): without regard to the reference bit where nothing else helps. */
  #shrink(wanted: number, target: 'free' | 'local-free'): void {
    let found = 0;
    let scanned = 0;
    for (const node of this.#nodes('inactive', true)) {
      if (node.referenced) this.#move(node, 'active');
      else if (this.#evict(node.element)) {
        this.#moveToFree(node, target);
        if (++found === wanted) break;
      }
      if (++scanned === this.#scans) break;
    }
    if (found > 0) return;
    const { inactive } = this.#heads;
    for (const node of this.#nodes(inactive.next === inactive ? 'active' : 'inactive', true)) {
      if (this.#evict(node.element)) {
        this.#moveToFree(node, target);
        return;
      }
    }
  }

  #leave(node: LruNode<T>): void {
    if (node === this.#rotation) this.#rotation = this.#rotation.previous;
    if (node.list === 'active' || node.list === 'inactive') this.#counts[node.list]--;
  }

  #moveToFree(node: LruNode<T>, target: 'free' | 'local-free'): void {
    this.#leave(node);
    node.list = target;
    unlink(node);
    addFirst(node, this.#heads[target]);
  }

  #move(node: LruNode<T>, target: 'active' | 'inactive' | 'free'): void {
    this.#leave(node);
    if (target !== 'free') this.#counts[target]++;
    node.list = target;
    node.referenced = false;
    unlink(node);
    addFirst(node, this.#heads[target]);
  }

  /** The nodes of a list as they are now, from its head or from its tail. */
  #nodes(list: LruListName, reverse: boolean): LruNode<T>[] {
    const nodes: LruNode<T>[] = [];
    const head = this.#heads[list];
    for (let at = reverse ? head.previous : head.next; at !== head; at = reverse ? at.previous : at.next) {
      if (at.node !== undefined) nodes.push(at.node);
    }
    return nodes;
  }

  /** How to get back to where everything is now. */
  snapshot(): () => void {
    const names = Object.keys(this.#heads) as LruListName[];
    const lists = names.map((name) => ({ name, nodes: this.#nodes(name, true) }));
    const bits = new Map(lists.flatMap(({ nodes }) => nodes.map((node) => [node, node.referenced] as const)));
    const counts = { ...this.#counts };
    const rotation = this.#rotation;
    return () => {
      for (const { name, nodes } of lists) {
        const head = this.#heads[name];
        head.next = head;
        head.previous = head;
        for (const node of nodes) {
          node.list = name;
          node.referenced = bits.get(node) ?? false;
          addFirst(node, head);
        }
      }
      Object.assign(this.#counts, counts);
      this.#rotation = rotation;
    };
  }
}
