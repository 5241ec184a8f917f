//! The console that Windows opens for a program with commands, also when no command was given.
//!
//! Promises: a double-click and the start at login leave no black window behind; whoever started
//! the program in a terminal, or reads what it says, goes on reading; what a window would have said
//! on a console nobody has is said in a box.
//!
//! One program is window, collector and commands, so it has to be one that may have a console.
//! Windows 11 24H2 reads in our manifest not to open one. Older ones do, before the program begins;
//! all it can do is leave at once. A console with no other process in it was opened for us alone.
//! Sources: <https://learn.microsoft.com/windows/console/console-allocation-policy>,
//! <https://learn.microsoft.com/windows/console/getconsoleprocesslist>,
//! <https://learn.microsoft.com/windows/win32/api/winuser/nf-winuser-messageboxw>.

/// Leaves a console that was opened for this process alone. Whether nobody reads what it says.
pub fn leave_own() -> bool {
    #[cfg(windows)]
    return windows::leave_own();
    #[cfg(not(windows))]
    false
}

/// Says something in a box, and waits until it has been read. Only Windows needs this.
#[cfg_attr(not(windows), expect(unused_variables, reason = "a box is Windows's way"))]
pub fn tell_in_a_box(title: &str, text: &str) {
    #[cfg(windows)]
    windows::tell_in_a_box(title, text);
}

/// Asks a question in a box; whether the answer is Yes. No is what Enter gives, and what other systems
/// than Windows answer.
#[cfg_attr(not(windows), expect(unused_variables, reason = "a box is Windows's way"))]
pub fn ask_in_a_box(title: &str, question: &str) -> bool {
    #[cfg(windows)]
    return windows::ask_in_a_box(title, question);
    #[cfg(not(windows))]
    false
}

#[cfg(windows)]
#[expect(unsafe_code, reason = "functions of the system that the standard library does not offer")]
mod windows {
    use std::ffi::c_void;
    use std::io::IsTerminal;
    use std::os::windows::io::AsRawHandle;

    const ICON_OF_AN_ERROR: u32 = 0x10;
    /// Yes and No, a question mark, and No for whoever presses Enter.
    const QUESTION: u32 = 0x04 | 0x20 | 0x100;
    const IN_FRONT: u32 = 0x1_0000;
    const YES: i32 = 6;

    #[link(name = "kernel32")]
    unsafe extern "system" {
        fn GetConsoleProcessList(list: *mut u32, length: u32) -> u32;
        fn FreeConsole() -> i32;
    }

    #[link(name = "user32")]
    unsafe extern "system" {
        fn MessageBoxW(owner: *mut c_void, text: *const u16, title: *const u16, kind: u32) -> i32;
    }

    pub fn leave_own() -> bool {
        let mut processes = [0_u32; 2];
        // SAFETY: the list has the length that is told; too short a list is not written to.
        match unsafe { GetConsoleProcessList(processes.as_mut_ptr(), 2) } {
            // No console, and no pipe or file instead.
            0 => std::io::stderr().as_raw_handle().is_null(),
            1 => {
                let is_read_elsewhere = !std::io::stderr().is_terminal();
                // SAFETY: takes nothing; handles of the console turn invalid, which writing to
                // them survives.
                unsafe { FreeConsole() };
                !is_read_elsewhere
            }
            _ => false,
        }
    }

    pub fn tell_in_a_box(title: &str, text: &str) {
        show_box(title, text, ICON_OF_AN_ERROR);
    }

    pub fn ask_in_a_box(title: &str, question: &str) -> bool {
        show_box(title, question, QUESTION | IN_FRONT) == YES
    }

    fn show_box(title: &str, text: &str, kind: u32) -> i32 {
        let [title, text] = [title, text].map(|words| {
            words.encode_utf16().filter(|unit| *unit != 0).chain([0]).collect::<Vec<u16>>()
        });
        // SAFETY: both texts end in a zero and live until the call returns; no owner is allowed.
        unsafe { MessageBoxW(std::ptr::null_mut(), text.as_ptr(), title.as_ptr(), kind) }
    }
}
