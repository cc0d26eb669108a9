// A provider whose stack lies above its data: a deep call overwrites the table
// before anything traps. It checks the table first, so that it answers "broken" if
// an instance is used again without being restored.
#include <stdint.h>

#define IMPORT(name) __attribute__((import_module("postern_v1"), import_name(#name)))
IMPORT(input) int32_t input(void *buf, int32_t cap);
IMPORT(emit) int32_t emit(const void *record, int32_t len);

static volatile uint32_t table[1024] = {1}; // not all zero, so that it is data

static uint8_t intact[] = {1, 0, 1, 0, 0, 0, 'k', 2, 0, 6, 0, 0, 0, 'i', 'n', 't', 'a', 'c', 't'};
static uint8_t broken[] = {1, 0, 1, 0, 0, 0, 'k', 2, 0, 6, 0, 0, 0, 'b', 'r', 'o', 'k', 'e', 'n'};

// Recurses deep enough to write into the table, but not deep enough to trap.
static int32_t __attribute__((noinline)) deep(int32_t n) {
  volatile uint32_t frame[64];
  for (int i = 0; i < 64; i++) frame[i] = 0x5ec5e7;
  return n == 0 ? frame[0] : deep(n - 1) + frame[63];
}

__attribute__((export_name("postern_get"))) int32_t get(void) {
  if (input(0, 0) == 0) return 0; // the warm-up
  for (int i = 1; i < 1024; i++)
    if (table[i] != 0) return emit(broken, sizeof broken);
  table[0] = deep(40);
  return emit(intact, sizeof intact);
}
