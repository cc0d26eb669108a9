//! The exports of a module.

use core::cell::UnsafeCell;

use crate::input;
use crate::provider::Provider;
use crate::reply::{Names, Replies};
use crate::status::{Result, Status};

/// Exports a [`Provider`] with the listed operations: `get`, `set`, `delete` and
/// `keys`. List only those that the provider offers, since the host reads from the
/// exports what a module can do.
///
/// ```ignore
/// postern_guest::export!(Vault, get, keys);
/// ```
#[macro_export]
macro_rules! export {
    ($provider:ty, $($verb:ident),+ $(,)?) => {
        static POSTERN_PROVIDER: $crate::Slot<$provider> = $crate::Slot::new();

        #[unsafe(no_mangle)]
        extern "C" fn postern_open() -> u32 {
            POSTERN_PROVIDER.open()
        }

        $($crate::__export_verb!($verb);)+
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __export_verb {
    (get) => {
        #[unsafe(no_mangle)]
        extern "C" fn postern_get() -> u32 {
            POSTERN_PROVIDER.get()
        }
    };
    (set) => {
        #[unsafe(no_mangle)]
        extern "C" fn postern_set() -> u32 {
            POSTERN_PROVIDER.set()
        }
    };
    (delete) => {
        #[unsafe(no_mangle)]
        extern "C" fn postern_delete() -> u32 {
            POSTERN_PROVIDER.delete()
        }
    };
    (keys) => {
        #[unsafe(no_mangle)]
        extern "C" fn postern_keys() -> u32 {
            POSTERN_PROVIDER.keys()
        }
    };
}

/// The provider of an instance, with a method per export. For
/// [`export!`](crate::export) only.
pub struct Slot<P>(UnsafeCell<Option<P>>);

// SAFETY: a module has one thread, and the host calls one export at a time.
#[cfg(target_arch = "wasm32")]
unsafe impl<P> Sync for Slot<P> {}

// SAFETY: on other targets the exports exist only so that the crate compiles;
// tests call the provider directly.
#[cfg(not(target_arch = "wasm32"))]
unsafe impl<P> Sync for Slot<P> {}

impl<P: Provider> Slot<P> {
    /// An empty slot.
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        Slot(UnsafeCell::new(None))
    }

    /// `postern_open`.
    pub fn open(&self) -> u32 {
        code((|| {
            let config = input::config(&input::read()?)?;
            let provider = P::open(&config)?;
            // SAFETY: see Sync; nothing else borrows the slot.
            unsafe { *self.0.get() = Some(provider) };
            Ok(())
        })())
    }

    /// `postern_get`.
    pub fn get(&self) -> u32 {
        self.call(|provider, request| {
            let keys = input::keys(request)?;
            // The host calls this once without keys before it takes the image. The
            // store must not be read then, or the image would contain secrets.
            if keys.is_empty() {
                return Ok(());
            }
            provider.get(&keys, &mut Replies(()))
        })
    }

    /// `postern_set`.
    pub fn set(&self) -> u32 {
        self.call(|provider, request| {
            let (key, value) = input::key_value(request)?;
            provider.set(key, value.ok_or(Status::Internal)?)
        })
    }

    /// `postern_delete`.
    pub fn delete(&self) -> u32 {
        self.call(|provider, request| provider.delete(input::key_value(request)?.0))
    }

    /// `postern_keys`.
    pub fn keys(&self) -> u32 {
        self.call(|provider, request| provider.keys(input::prefix(request)?, &mut Names(())))
    }

    fn call(&self, operation: impl FnOnce(&mut P, &[u8]) -> Result<()>) -> u32 {
        code((|| {
            // SAFETY: see Sync; the borrow ends with the call.
            let provider = unsafe { &mut *self.0.get() };
            let provider = provider.as_mut().ok_or(Status::Internal)?;
            operation(provider, &input::read()?)
        })())
    }
}

fn code(result: Result<()>) -> u32 {
    match result {
        Ok(()) => 0,
        Err(status) => status.code(),
    }
}
