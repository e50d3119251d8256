// A configuration that is being written: what its user has given, apart from what the worker keeps to itself.
//
// A stored secret is not here. It stays as it is unless another value is given for it or it is removed.

export class Draft {
  /** `of` is the connector that is changed; `stored` its settings: `config`, and `hidden` with hints. */
  constructor(of, stored) {
    this.of = of;
    this.stored = stored.config;
    this.hidden = stored.hidden;
    this.values = new Map(Object.entries(stored.config));
    this.removed = new Set();
  }

  /** The value that was given; the empty text without one. */
  get(name) {
    return this.values.get(name) ?? "";
  }

  /** `{hint}` of a value that is not shown. */
  kept(name) {
    return name in this.hidden ? { hint: this.hidden[name] } : null;
  }

  /** Whether it has a value, shown or not. */
  has(name) {
    return this.values.has(name) || (name in this.hidden && !this.removed.has(name));
  }

  /** Gives a value; the empty one is the default. */
  set(name, value) {
    if (value === "") this.values.delete(name);
    else this.values.set(name, value);
  }

  /** Gives a value that may be empty. */
  put(name, value) {
    this.removed.delete(name);
    this.values.set(name, value);
  }

  /** Takes a hidden value away, or not. */
  remove(name, removes) {
    if (removes) this.removed.add(name);
    else this.removed.delete(name);
  }

  /** Takes a setting away, whatever it was. */
  drop(name) {
    this.values.delete(name);
    if (name in this.hidden) this.removed.add(name);
  }

  /** All that have a value, shown or not. */
  names() {
    const hidden = Object.keys(this.hidden).filter((name) => !this.removed.has(name));
    return [...new Set([...this.values.keys(), ...hidden])].sort();
  }

  /** What the worker is asked with: everything of a new connector, of another one what is changed. */
  body() {
    if (!this.of) return { of: null, config: Object.fromEntries(this.values) };
    const config = {};
    for (const [name, value] of this.values) if (this.stored[name] !== value) config[name] = value;
    for (const name of Object.keys(this.stored)) if (!this.values.has(name)) config[name] = null;
    for (const name of this.removed) config[name] = null;
    return { of: this.of, config };
  }
}
