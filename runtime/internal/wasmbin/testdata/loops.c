// Ordinary loops as an optimising compiler writes them. Built with
//   clang --target=wasm32 -O2 -fno-unroll-loops -fno-vectorize -nostdlib -Wl,--no-entry -Wl,--stack-first -o loops.wasm loops.c

#define EXPORT(name) __attribute__((export_name(name)))

// Not static, or the compiler would know that nobody fills them.
unsigned char from[65536], to[65536];

EXPORT("fnv") unsigned fnv(unsigned n) {
  unsigned h = 2166136261u;
  for (unsigned i = 0; i < n; i++) {
    h ^= from[i & 65535];
    h *= 16777619u;
  }
  return h;
}

EXPORT("copy") unsigned copy(unsigned n) {
  volatile unsigned char *d = to;
  for (unsigned i = 0; i < n; i++)
    d[i & 65535] = from[i & 65535];
  return to[5];
}

EXPORT("nest") unsigned nest(unsigned n) {
  unsigned s = 0;
  for (unsigned i = 0; i < n / 8; i++)
    for (unsigned j = 0; j < 8; j++)
      s = s * 33 + from[(i * 8 + j) & 65535];
  return s;
}

EXPORT("lut") unsigned lut(unsigned n) {
  unsigned c = ~0u;
  for (unsigned i = 0; i < n; i++)
    c = ((volatile unsigned *)to)[(c ^ from[i & 65535]) & 255] ^ (c >> 8);
  return c;
}
