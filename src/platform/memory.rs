//! Keeps the program small between busy times: the collector spends its life waiting.
//!
//! Only glibc's allocator needs this. It keeps a heap for each thread, and never gives back the
//! free end of any but the main one; with one heap for all, [`give_back`] returns what is free.

/// Makes all threads share one heap. To be called before the first thread starts.
pub fn share_one_heap() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[expect(unsafe_code, reason = "a C function without preconditions")]
    // SAFETY: mallopt takes two numbers; no other thread runs yet.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
    }
}

/// Returns free memory that the allocator keeps for later. Harmless at any time; takes some
/// milliseconds.
pub fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[expect(unsafe_code, reason = "a C function without preconditions")]
    // SAFETY: malloc_trim takes no pointers, and glibc locks what it touches.
    unsafe {
        libc::malloc_trim(0);
    }
}
