//! The allocator of a module: talc, which adds about 1 KiB, with blocks that are
//! wiped when they are freed.
//!
//! Growing a buffer frees its old block, and decoders free copies of what they
//! decoded. Wiping in the allocator covers all of them, so that no value stays in
//! freed memory, even in an instance that is never reset.
//!
//! The heap begins at the end of the static data. So a small module never needs
//! more than its first pages, and a reset, which restores every page, is fast.

use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32::{memory_grow, memory_size};
use core::ptr::NonNull;

use talc::base::Talc;
use talc::base::binning::Binning;
use talc::cell::TalcSyncCell;
use talc::source::Source;
use talc::wasm::WasmBinning;

#[global_allocator]
static ALLOCATOR: Wiping = Wiping(TalcSyncCell::new_wasm(Memory { end: None }));

struct Wiping(TalcSyncCell<Memory, WasmBinning>);

const PAGE: usize = 64 << 10;

/// The memory after the static data, which grows by pages.
#[derive(Debug)]
struct Memory {
    end: Option<NonNull<u8>>, // of the heap; `None` before the first block
}

unsafe extern "C" {
    static __heap_base: u8;
}

// SAFETY: it does not allocate, and nothing else uses the pages that it returns:
// the linker puts nothing after __heap_base.
unsafe impl Source for Memory {
    fn acquire<B: Binning>(talc: &mut Talc<Self, B>, layout: Layout) -> Result<(), ()> {
        if talc.source.end.is_none() {
            let base = &raw const __heap_base as *mut u8;
            let size = memory_size::<0>() * PAGE - base as usize;
            // SAFETY: see above.
            talc.source.end = unsafe { talc.claim(base, size) };
            if talc.source.end.is_some() {
                return Ok(());
            }
        }
        grow(talc, layout)
    }
}

/// Grows the memory by enough pages for a block with the layout.
fn grow<B: Binning>(talc: &mut Talc<Memory, B>, layout: Layout) -> Result<(), ()> {
    const OVERHEAD: usize = 256; // more than talc needs for a block and a heap
    let pages = (layout.size() + layout.align() + OVERHEAD).div_ceil(PAGE);
    let before = memory_grow::<0>(pages);
    if before == usize::MAX {
        return Err(());
    }
    let (base, size) = ((before * PAGE) as *mut u8, pages * PAGE);
    talc.source.end = match talc.source.end {
        // SAFETY: the new pages follow those of the heap.
        Some(end) if end.as_ptr() == base => Some(unsafe { talc.extend(end, base.wrapping_add(size)) }),
        // SAFETY: nothing else uses the new pages.
        _ => unsafe { talc.claim(base, size) },
    };
    Ok(())
}

// SAFETY: every block is allocated by talc and returned to it with its layout.
// realloc is the trait's default: alloc, copy, dealloc.
unsafe impl GlobalAlloc for Wiping {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller passes a layout that is not empty.
        unsafe { self.0.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: the caller passes a block of alloc and its layout.
        unsafe {
            ptr.write_bytes(0, layout.size());
            // The address escapes, so that the compiler keeps the writes.
            core::hint::black_box(ptr);
            self.0.dealloc(ptr, layout);
        }
    }
}
