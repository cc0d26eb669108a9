//! The panic handler of a module.

use core::panic::PanicInfo;

/// Sends a constant message, since that of the panic may contain a value, and traps.
/// The host reports a crash and does not use the instance again without a reset.
#[panic_handler]
fn panic(_info: &PanicInfo) -> ! {
    crate::fail("the module panicked");
    core::arch::wasm32::unreachable()
}
