// A store in kv that breaks where the variable FAULT says. The first letter is the
// stage: a before the store is used, b after that, c after the answer. The second
// letter is the kind of fault. Any other value means none.
#include <stdint.h>

#define IMPORT(module, name) __attribute__((import_module(module), import_name(#name)))
IMPORT("postern_v1", input) int32_t input(void *buf, int32_t cap);
IMPORT("postern_v1", emit) int32_t emit(const void *record, int32_t len);
IMPORT("postern_env_v1", get) int32_t env_get(const void *name, int32_t name_len, void *buf, int32_t cap);
IMPORT("postern_kv_v1", get) int32_t kv_get(const void *key, int32_t key_len, void *buf, int32_t cap);
IMPORT("postern_kv_v1", put) int32_t kv_put(const void *key, int32_t key_len, const void *value, int32_t len);
IMPORT("wasi_snapshot_preview1", proc_exit) void proc_exit(int32_t code);

static uint8_t request[2048], record[2048], fault[2];
static uint32_t seen[64]; // overwritten by a fault
static volatile uint32_t zero;

static int32_t number(const uint8_t *p) { return p[0] | p[1] << 8 | p[2] << 16 | p[3] << 24; }

static int32_t deep(int32_t n) {
  volatile uint8_t frame[256];
  frame[n & 255] = n;
  return deep(n + 1) + frame[n & 255];
}

// Breaks if this is the stage of the fault. Returns a status if its kind returns one.
static int32_t at(uint8_t stage) {
  if (fault[0] != stage) return 0;
  for (int i = 0; i < 64; i++) seen[i] = 0xdeadbeef;
  for (int i = 0; i < (int)sizeof request; i++) request[i] ^= 0xff;
  switch (fault[1]) {
  case 't': __builtin_trap();
  case 'd': return number(request) / (int32_t)zero;
  case 'e': proc_exit(0); __builtin_trap();
  case 'o': return emit((void *)-1, 100);
  case 'm': return *(volatile int32_t *)0x7fffff00;
  case 'l': for (;;) zero = 0;
  case 's': return 77;
  case 'r': return deep(0);
  }
  __builtin_trap(); // the request was overwritten
}

static int32_t begin(void) {
  for (int i = 0; i < 64; i++)
    if (seen[i]) return 12; // an instance is used again after a fault
  int32_t n = input(request, sizeof request);
  if (n > 0) env_get("FAULT", 5, fault, 2);
  return 0;
}

static void copy(uint8_t *to, const uint8_t *from, int32_t n) {
  for (int32_t i = 0; i < n; i++) to[i] = from[i];
}

__attribute__((export_name("postern_get"))) int32_t get(void) {
  int32_t status = begin(), key_len = number(request + 2);
  if (status) return status;
  if (key_len == 0) return 0; // the warm-up
  if ((status = at('a'))) return status;
  copy(record, request, 6 + key_len);
  uint8_t *field = record + 6 + key_len;
  int32_t n = kv_get(request + 6, key_len, field + 6, 1024);
  if ((status = at('b'))) return status;
  if (n < 0) return -n;
  const uint8_t head[] = {2, 0, n & 255, n >> 8, 0, 0};
  copy(field, head, 6);
  status = emit(record, 12 + key_len + n);
  int32_t broken = at('c');
  return broken ? broken : -status;
}

__attribute__((export_name("postern_set"))) int32_t set(void) {
  int32_t status = begin(), key_len = number(request + 2);
  if (status) return status;
  if ((status = at('a'))) return status;
  const uint8_t *field = request + 6 + key_len;
  status = kv_put(request + 6, key_len, field + 6, number(field + 2));
  int32_t broken = at('b') | at('c');
  return broken ? broken : -status;
}
