//! What happens when a module panics.

use core::panic::PanicInfo;

/// Says that it did, not why: the message of a panic may hold a value. The host
/// takes the trap for a crash of the module and does not use the instance again
/// as it is.
#[panic_handler]
fn panic(_info: &PanicInfo) -> ! {
    crate::fail("the module panicked");
    core::arch::wasm32::unreachable()
}
