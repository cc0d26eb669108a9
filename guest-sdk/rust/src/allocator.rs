//! The allocator of a module: talc, which is made for WebAssembly and takes
//! about 1 KiB of it, with every block wiped when it is freed.
//!
//! Buffers that grow leave their old block behind, and decoders leave copies of
//! what they decoded. Wiping here reaches all of them, so that a freed value is
//! gone even in an instance that is never reset.

use core::alloc::{GlobalAlloc, Layout};

use talc::wasm::{WasmDynamicTalc, new_wasm_dynamic_allocator};

#[global_allocator]
static ALLOCATOR: Wiping = Wiping(new_wasm_dynamic_allocator());

struct Wiping(WasmDynamicTalc);

// SAFETY: every block comes from talc and goes back to it with its layout.
// realloc is the trait's own: alloc, copy, dealloc.
unsafe impl GlobalAlloc for Wiping {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller gives a layout that is not empty.
        unsafe { self.0.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: the caller gives a block of alloc and its layout.
        unsafe {
            ptr.write_bytes(0, layout.size());
            // The address escapes, so that the writes are not dead.
            core::hint::black_box(ptr);
            self.0.dealloc(ptr, layout);
        }
    }
}
