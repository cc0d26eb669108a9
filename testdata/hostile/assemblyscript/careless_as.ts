// A provider in AssemblyScript that converts the secret, keeps it in a map and
// leaves all copies to the garbage collector.
@external("postern_v1", "input") declare function input(buf: usize, cap: u32): i32;
@external("postern_v1", "emit") declare function emit(record: usize, len: u32): i32;
@external("postern_env_v1", "get") declare function envGet(name: usize, len: u32, buf: usize, cap: u32): i32;

const seen = new Map<string, string>();

function field(tag: u16, v: ArrayBuffer): Uint8Array {
  const out = new Uint8Array(6 + v.byteLength);
  store<u16>(out.dataStart, tag);
  store<u32>(out.dataStart + 2, v.byteLength);
  out.set(Uint8Array.wrap(v), 6);
  return out;
}

export function postern_get(): i32 {
  const request = new ArrayBuffer(1024);
  const n = input(changetype<usize>(request), request.byteLength);
  if (n < 6) return 0; // the warm-up
  const name = request.slice(6, n);
  const buf = new ArrayBuffer(2048);
  const len = envGet(changetype<usize>(name), name.byteLength, changetype<usize>(buf), buf.byteLength);
  if (len < 0) return -len;
  if (len > buf.byteLength) return 9;
  const text = String.UTF8.decode(buf.slice(0, len));
  seen.set(String.UTF8.decode(name), text + text.toUpperCase());
  const key = field(1, name), value = field(2, String.UTF8.encode(text));
  const record = new Uint8Array(key.length + value.length);
  record.set(key);
  record.set(value, key.length);
  return -emit(record.dataStart, record.length);
}
