/** The changes so far: applied to the page, one per place and kind, each step undone by one. */
import { Changes, type Change } from "../dom/changes";

export class Draft {
  list: Change[];
  private before: Change[][] = [];
  private applied: Changes;

  constructor(list: Change[]) {
    this.list = list;
    this.applied = new Changes(list);
    this.applied.apply();
  }

  get undoable(): boolean {
    return this.before.length > 0;
  }

  find(selector: string, attribute: string, action: Change["action"] = "set"): Change | undefined {
    return this.list.find((one) => one.selector === selector && one.attribute === attribute && one.action === action);
  }

  /** Add a change, or put it in place of the one that was there; without a value that one is taken back. */
  set(change: Change, several = false): void {
    const known = several ? undefined : this.find(change.selector, change.attribute, change.action);
    if (known && known.value === change.value) return;
    const list = known ? this.list.map((one) => (one === known ? change : one)) : this.list.concat(change);
    this.step(list.filter((one) => one.value !== ""));
  }

  remove(change: Change): void {
    this.step(this.list.filter((one) => one !== change));
  }

  undo(): void {
    const list = this.before.pop();
    if (list) this.show(list);
  }

  /** Look at the page as it is without the changes: selectors must fit that one. */
  without<Result>(look: () => Result): Result {
    this.applied.revert();
    try {
      return look();
    } finally {
      this.show(this.list);
    }
  }

  end(): void {
    this.applied.revert();
  }

  private step(list: Change[]): void {
    this.before.push(this.list);
    this.show(list);
  }

  private show(list: Change[]): void {
    this.applied.revert();
    this.list = list;
    this.applied = new Changes(list);
    this.applied.apply();
  }
}
