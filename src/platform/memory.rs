//! Gives memory back to the system after a busy time: the collector spends its life waiting.

/// Returns free memory that the allocator keeps for later. Harmless at any time; takes some
/// milliseconds. Only glibc's allocator keeps much, so elsewhere nothing is done.
pub fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[expect(unsafe_code, reason = "a C function without preconditions")]
    // SAFETY: malloc_trim takes no pointers, and glibc locks what it touches.
    unsafe {
        libc::malloc_trim(0);
    }
}
