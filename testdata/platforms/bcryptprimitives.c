/* bcryptprimitives.dll for Wine before 9, which lacks it: Go programs take their
 * random numbers from ProcessPrng, which RtlGenRandom (SystemFunction036) provides.
 *
 *   x86_64-w64-mingw32-gcc -shared -o bcryptprimitives.dll bcryptprimitives.c -ladvapi32
 */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG size);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE buffer, SIZE_T size) {
  const ULONG most = 1 << 20;
  while (size > 0) {
    ULONG n = size < most ? (ULONG)size : most;
    if (!SystemFunction036(buffer, n))
      return FALSE;
    buffer += n;
    size -= n;
  }
  return TRUE;
}

BOOL WINAPI DllMain(HINSTANCE dll, DWORD reason, LPVOID reserved) { return TRUE; }
