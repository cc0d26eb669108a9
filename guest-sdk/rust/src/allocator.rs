//! The allocator of a module: talc, which is made for WebAssembly and takes
//! about 1 KiB of it, with every block wiped when it is freed.
//!
//! Buffers that grow leave their old block behind, and decoders leave copies of
//! what they decoded. Wiping here reaches all of them, so that a freed value is
//! gone even in an instance that is never reset.

//!
//! The heap begins where the static data ends, so that the first pages of a
//! small module are all that it ever has: the host puts back every page after
//! every call.

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

/// The memory behind the static data, which grows by pages.
#[derive(Debug)]
struct Memory {
    end: Option<NonNull<u8>>, // of the heap; none before the first block
}

unsafe extern "C" {
    static __heap_base: u8;
}

// SAFETY: it allocates nothing itself, and the pages it hands out are nobody
// else's: the linker puts nothing behind __heap_base.
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

/// Grows the memory so that a block of the layout fits behind what is there.
fn grow<B: Binning>(talc: &mut Talc<Memory, B>, layout: Layout) -> Result<(), ()> {
    const OVERHEAD: usize = 256; // of a block and a heap, generously
    let pages = (layout.size() + layout.align() + OVERHEAD).div_ceil(PAGE);
    let before = memory_grow::<0>(pages);
    if before == usize::MAX {
        return Err(());
    }
    let (base, size) = ((before * PAGE) as *mut u8, pages * PAGE);
    talc.source.end = match talc.source.end {
        // SAFETY: the new pages follow those of the heap.
        Some(end) if end.as_ptr() == base => Some(unsafe { talc.extend(end, base.wrapping_add(size)) }),
        // SAFETY: the new pages are nobody else's.
        _ => unsafe { talc.claim(base, size) },
    };
    Ok(())
}

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
