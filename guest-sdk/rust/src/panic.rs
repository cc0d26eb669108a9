//! What happens when a module panics.

use core::panic::PanicInfo;

/// Logs that it did, not why: the message of a panic may contain a value. The
/// trap is a crash of the module to the host, which does not use the instance
/// again.
#[panic_handler]
fn panic(_info: &PanicInfo) -> ! {
    crate::fail("the module panicked");
    core::arch::wasm32::unreachable()
}
