// Takes out of wasm-bindgen's glue what loads the module: it takes a module in whatever form, at the top of a page or not,
// where pkg-template/src/core-loader.ts needs one. And lets out the database, its rows, the keys and the other tabs,
// which serve before the module does. What serves without the rest is in a module of its own, keys.js.
//
//   node xtask/drop-loader.mjs <core.js> <core.d.ts>
import fs from 'node:fs'
import path from 'node:path'

const [glueFile, typesFile] = process.argv.slice(2)

/** Writes the end of a file anew, from a text that must stand in it exactly once. */
function replaceEnd(file, from, by) {
  const parts = fs.readFileSync(file, 'utf8').split(from)
  if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} of "${from}", expected 1`)
  fs.writeFileSync(file, parts[0] + by)
}

/** Where the glue finds a module of src/browser, as a quoted text. */
function placeOf(module) {
  const [place] = new RegExp(`'[^']*/${module}'`).exec(fs.readFileSync(glueFile, 'utf8')) ?? []
  if (!place) throw new Error(`${glueFile} does not import ${module}`)
  return place
}

// What the refresh worker asks before it loads anything else.
const keys = path.join(path.dirname(glueFile), 'keys')
fs.writeFileSync(
  `${keys}.js`,
  `export { Database } from ${placeOf('indexed_db.js')}\nexport { generate } from ${placeOf('web_crypto.js')}\n`,
)
fs.writeFileSync(
  `${keys}.d.ts`,
  `export { Database } from './core.js'
import type { Database } from './core.js'

/** Makes a key pair: see src/browser/web_crypto.js. */
export function generate(): Promise<{ pair: CryptoKeyPair }>
`,
)

replaceEnd(
  glueFile,
  '\nasync function __wbg_load(',
  '\nexport { Database, Tabs, activeAccount, digest, names, perform, sign, __wbg_get_imports as imports, __wbg_finalize_init as connect };\n',
)
replaceEnd(
  typesFile,
  '\nexport type InitInput =',
  `
/** What the module imports. */
export function imports(): WebAssembly.Imports;

/** Has the classes call an instance of the module. */
export function connect(instance: WebAssembly.Instance): void;

/** The database that the module uses, for what cannot wait for the module: see src/browser/indexed_db.js. */
export interface Rows {
  get(key: string): Promise<any>;
  put(key: string, row: unknown): Promise<unknown>;
  delete(key: string): Promise<unknown>;
}
export class Database {
  constructor(name?: string);
  readonly durable: boolean;
  dispose(): void;
  run<T>(store: string, mode: IDBTransactionMode, work: (rows: Rows) => Promise<T>): Promise<T>;
}

/** The other tabs, for the module to hear when it is there: see src/browser/tabs.js. */
export class Tabs {
  constructor(storageName?: string);
  close(): void;
}

/** What the things that tabs share are called, and which account a client used last: see src/browser/names.js and active_account.js. */
export interface Names { readonly items: string }
export function names(storageName?: string): Names;
export function activeAccount(names: Names, client: string): string | undefined;

/** A session as it is stored. What may be missing is not checked, and can be anything. */
export interface SessionRow {
  sub: string;
  aud: string;
  access_token: string;
  expires_at: number | undefined;
  keyId: string;
  key: { private: CryptoKey; x: string; y: string };
  clientId?: any;
  server?: any;
  refreshStartedAt?: any;
  refusedAt?: any;
  clockOffset?: any;
}

/** Reads a row of the database: see src/browser/rows.js. */
export function perform(database: Database, store: 'session', operation: 'get', client: string, key: string): Promise<SessionRow | undefined>;

// The keys and digests: see src/browser/web_crypto.js.
export function sign(key: CryptoKey, data: BufferSource): Promise<ArrayBuffer>;
export function digest(data: BufferSource): Promise<ArrayBuffer>;
`,
)
