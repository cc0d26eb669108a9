//! The allocator of a module: dlmalloc, which is what Rust's std uses on this
//! target too, with every block wiped when it is freed.
//!
//! Buffers that grow leave their old block behind, and decoders leave copies of
//! what they decoded. Wiping here reaches all of them, so that a freed value is
//! gone even in an instance that is never reset.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;

use dlmalloc::Dlmalloc;

#[global_allocator]
static ALLOCATOR: Wiping = Wiping(UnsafeCell::new(Dlmalloc::new()));

struct Wiping(UnsafeCell<Dlmalloc>);

// SAFETY: a module has one thread.
unsafe impl Sync for Wiping {}

// SAFETY: every block comes from dlmalloc and goes back to it with its layout.
// realloc and alloc_zeroed are the trait's own: alloc, copy, dealloc.
unsafe impl GlobalAlloc for Wiping {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller gives a layout that is not empty.
        unsafe { (*self.0.get()).malloc(layout.size(), layout.align()) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: the caller gives a block of alloc and its layout.
        unsafe {
            ptr.write_bytes(0, layout.size());
            // The address escapes, so that the writes are not dead.
            core::hint::black_box(ptr);
            (*self.0.get()).free(ptr, layout.size(), layout.align());
        }
    }
}
