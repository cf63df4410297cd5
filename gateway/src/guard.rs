//! Threads whose panic ends the process.
//!
//! Engine, journal, preparer and release share the truth. If one of them stops halfway nobody knows
//! what was promised, so the process ends at once and the next start recovers from the journal.

use std::any::Any;
use std::cell::Cell;
use std::io;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use std::thread::{self, JoinHandle};

/// Starts a thread; a panic in `body` is logged and aborts the process.
pub(crate) fn spawn_or_abort<T: Send + 'static>(
    name: &'static str,
    body: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    thread::Builder::new().name(name.to_owned()).spawn(move || {
        catch_unwind(AssertUnwindSafe(body))
            .unwrap_or_else(|panic| abort_with(name, panic_message(&*panic)))
    })
}

thread_local! {
    static ENDS_AT_A_PANIC: Cell<bool> = const { Cell::new(false) };
}

/// Runs `body`, whose panic ends the process before anything unwinds: for what would wait for ever
/// while it does.
pub(crate) fn abort_at_panic<T>(body: impl FnOnce() -> T) -> T {
    static HOOKED: Once = Once::new();
    HOOKED.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            before(panic);
            if ENDS_AT_A_PANIC.get() {
                std::process::abort();
            }
        }));
    });
    ENDS_AT_A_PANIC.set(true);
    let result = body();
    ENDS_AT_A_PANIC.set(false);
    result
}

/// Logs the reason and ends the process, without a clean stop.
pub(crate) fn abort_with(thread: &str, reason: &str) -> ! {
    tracing::error!(thread, reason, "the process ends: nothing more can be promised");
    std::process::abort()
}

/// The text of a panic.
#[must_use]
pub fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_of_a_panic_is_found() {
        let plain = catch_unwind(|| panic!("plain")).unwrap_err();
        let built = catch_unwind(|| panic!("built {}", 1)).unwrap_err();
        assert_eq!((panic_message(&*plain), panic_message(&*built)), ("plain", "built 1"));
    }
}
