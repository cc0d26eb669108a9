// A provider in C that leaves the secret in as many places as it can: in static
// buffers, on its stack, on its heap.
#include <stdint.h>

#define CORE(name) __attribute__((import_module("postern_v1"), import_name(#name)))
#define ENV(name) __attribute__((import_module("postern_env_v1"), import_name(#name)))
CORE(input) int32_t input(void *buf, int32_t cap);
CORE(emit) int32_t emit(const void *record, int32_t len);
ENV(get) int32_t env_get(const void *name, int32_t name_len, void *buf, int32_t cap);

static uint8_t request[1024], record[4096], kept[16][4096];
static int turn;
extern uint8_t __heap_base[];

static void copy(uint8_t *to, const uint8_t *from, int32_t n) {
  for (int32_t i = 0; i < n; i++) to[i] = from[i];
}

static int32_t field(int32_t at, uint8_t tag, const uint8_t *v, int32_t n) {
  const uint8_t head[6] = {tag, 0, n & 255, n >> 8 & 255, 0, 0};
  copy(record + at, head, 6);
  copy(record + at + 6, v, n);
  return at + 6 + n;
}

// Leaves a copy in a stack frame that ends when it returns.
static int32_t __attribute__((noinline)) below(const uint8_t *v, int32_t n) {
  volatile uint8_t frame[4096];
  for (int32_t i = 0; i < n; i++) frame[i] = v[i];
  return frame[n - 1];
}

__attribute__((export_name("postern_get"))) int32_t get(void) {
  int32_t n = input(request, sizeof request);
  if (n < 6) return 0; // the warm-up
  static uint8_t value[2048];
  int32_t len = env_get(request + 6, n - 6, value, sizeof value);
  if (len < 0) return -len;
  if (len > (int32_t)sizeof value) return 9;
  copy(kept[turn++ & 15], value, len);
  copy(__heap_base + 64 * (turn & 127), value, len);
  if (below(value, len) < 0) return 10;
  int32_t size = field(0, 1, request + 6, n - 6);
  return -emit(record, field(size, 2, value, len));
}
